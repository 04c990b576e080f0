-- Adds new customers.
INSERT INTO crpm.customers (
    source_system, source_key, source_hash, source_values, load_file_id, source_line, name, gender, birth_date, email, phone, street, city,
    state_code, state, postal_code, country_code
)
SELECT
    %(source_system)s::text AS source_system,
    c.source_key,
    c.source_hash,
    c.file_values,
    c.load_file_id,
    c.source_line,
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
    c.country_code
FROM staging.clean_customers AS c
WHERE c.outcome IS NULL
ORDER BY c.load_file_id, c.source_line;
