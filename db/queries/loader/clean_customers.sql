-- Understands rows about customers and finds what is wrong with them.
-- Grain: one row per row read. Genders in other words than these are "other".
INSERT INTO staging.clean_customers (
    load_file_id, source_line, outcome, problem, source_key, source_hash, record_id, recorded_hash,
    name, gender, birth_date, email, phone, street, city, state_code, state, postal_code, country_code, continent
)
WITH typed AS (
    SELECT
        r.load_file_id,
        r.source_line,
        r.unreadable,
        staging.text_of(r.source_key) AS source_key,
        staging.text_of(r.name) AS name,
        CASE
            WHEN lower(staging.text_of(r.gender)) IN ('female', 'f', 'w', 'woman') THEN 'female'
            WHEN lower(staging.text_of(r.gender)) IN ('male', 'm', 'man') THEN 'male'
            WHEN lower(staging.text_of(r.gender)) NOT IN ('unknown', 'u', '?', 'na') THEN 'other'
        END AS gender,
        birth.date_value AS birth_date,
        birth.problem AS birth_problem,
        staging.text_of(r.email) AS email,
        staging.text_of(r.phone) AS phone,
        staging.text_of(r.street) AS street,
        staging.text_of(r.city) AS city,
        staging.text_of(r.state_code) AS state_code,
        staging.text_of(r.state) AS state,
        staging.text_of(r.postal_code) AS postal_code,
        country.text_value AS country_code,
        country.problem AS country_problem,
        staging.text_of(r.continent) AS continent
    FROM staging.customers AS r
    LEFT JOIN staging.cells AS birth
        ON r.load_file_id = birth.load_file_id AND birth.field = 'birth_date' AND r.birth_date = birth.cell
    LEFT JOIN staging.cells AS country
        ON r.load_file_id = country.load_file_id AND country.field = 'country' AND r.country = country.cell
),

checked AS (
    SELECT
        t.*,
        e.customer_id,
        e.source_hash AS recorded_hash,
        CASE
            WHEN t.unreadable IS NOT NULL THEN ARRAY[NULL, 'unreadable_row', t.unreadable]
            WHEN t.source_key IS NULL THEN ARRAY['source_key', 'missing']
            WHEN length(t.source_key) > 100 THEN ARRAY['source_key', 'too_long', '100']
            WHEN e.anonymised_at IS NOT NULL THEN ARRAY['source_key', 'anonymised']
            WHEN t.name IS NULL THEN ARRAY['name', 'missing']
            WHEN length(t.name) > 200 THEN ARRAY['name', 'too_long', '200']
            WHEN t.birth_problem IS NOT NULL THEN ARRAY['birth_date', t.birth_problem]
            WHEN t.birth_date > current_date THEN ARRAY['birth_date', 'in_the_future']
            WHEN t.email !~ '^[^@\s]+@[^@\s]+$' THEN ARRAY['email', 'unreadable_email']
            WHEN length(t.email) > 320 THEN ARRAY['email', 'too_long', '320']
            WHEN length(t.phone) > 320 THEN ARRAY['phone', 'too_long', '320']
            WHEN length(t.street) > 320 THEN ARRAY['street', 'too_long', '320']
            WHEN length(t.city) > 320 THEN ARRAY['city', 'too_long', '320']
            WHEN length(t.state_code) > 320 THEN ARRAY['state_code', 'too_long', '320']
            WHEN length(t.state) > 320 THEN ARRAY['state', 'too_long', '320']
            WHEN length(t.postal_code) > 320 THEN ARRAY['postal_code', 'too_long', '320']
            WHEN t.country_problem IS NOT NULL THEN ARRAY['country', t.country_problem]
        END AS problem
    FROM typed AS t
    LEFT JOIN crpm.customers AS e ON e.source_system = %(source_system)s AND t.source_key = e.source_key
)

SELECT
    c.load_file_id,
    c.source_line,
    CASE WHEN c.problem IS NOT NULL THEN 'rejected' END AS outcome,
    c.problem,
    c.source_key,
    md5(row(
        c.name, c.gender, c.birth_date, c.email, c.phone, c.street, c.city, c.state_code, c.state, c.postal_code,
        c.country_code, c.continent
    )::text) AS source_hash,
    c.customer_id,
    c.recorded_hash,
    c.name,
    c.gender,
    c.birth_date,
    c.email,
    c.phone,
    c.street,
    c.city,
    c.state_code,
    c.state,
    c.postal_code,
    c.country_code,
    c.continent
FROM checked AS c;
