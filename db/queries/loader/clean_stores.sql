-- Understands rows about stores and finds what is wrong with them.
-- Grain: one row per row read. A row whose country is "Online" is the online shop, of which there is one.
INSERT INTO staging.clean_stores (
    load_file_id, source_line, outcome, problem, source_key, source_hash, record_id, recorded_hash,
    is_online, country_code, state, area_m2, opened_on, name
)
WITH typed AS (
    SELECT
        r.load_file_id,
        r.source_line,
        r.unreadable,
        staging.text_of(r.source_key) AS source_key,
        coalesce(lower(staging.text_of(r.country)) = 'online', FALSE) AS is_online,
        country.text_value AS country_code,
        country.problem AS country_problem,
        staging.text_of(r.name) AS name,
        staging.text_of(r.state) AS state,
        area.number_value AS area_m2,
        area.problem AS area_problem,
        opened.date_value AS opened_on,
        opened.problem AS opened_problem
    FROM staging.stores AS r
    LEFT JOIN staging.cells AS country
        ON r.load_file_id = country.load_file_id AND country.field = 'country' AND r.country = country.cell
    LEFT JOIN staging.cells AS area
        ON r.load_file_id = area.load_file_id AND area.field = 'area_m2' AND r.area_m2 = area.cell
    LEFT JOIN staging.cells AS opened
        ON r.load_file_id = opened.load_file_id AND opened.field = 'opened_on' AND r.opened_on = opened.cell
),

checked AS (
    SELECT
        t.*,
        e.store_id,
        e.source_hash AS recorded_hash,
        CASE
            WHEN t.unreadable IS NOT NULL THEN ARRAY[NULL, 'unreadable_row', t.unreadable]
            WHEN t.source_key IS NULL THEN ARRAY['source_key', 'missing']
            WHEN length(t.source_key) > 100 THEN ARRAY['source_key', 'too_long', '100']
            WHEN t.country_problem IS NOT NULL THEN ARRAY['country', t.country_problem]
            WHEN NOT t.is_online AND t.country_code IS NULL THEN ARRAY['country', 'missing']
            WHEN length(t.name) > 150 THEN ARRAY['name', 'too_long', '150']
            WHEN length(t.state) > 200 THEN ARRAY['state', 'too_long', '200']
            WHEN t.area_problem IS NOT NULL THEN ARRAY['area_m2', t.area_problem]
            WHEN t.area_m2 <= 0 THEN ARRAY['area_m2', 'not_positive']
            WHEN t.opened_problem IS NOT NULL THEN ARRAY['opened_on', t.opened_problem]
            WHEN
                t.is_online AND (
                    first_value(t.source_key) OVER (PARTITION BY t.is_online ORDER BY t.load_file_id, t.source_line)
                    <> t.source_key
                    OR EXISTS (
                        SELECT 1
                        FROM crpm.stores AS o
                        WHERE o.is_online AND o.store_id IS DISTINCT FROM e.store_id
                    )
                )
                THEN ARRAY['country', 'second_online_shop']
        END AS problem
    FROM typed AS t
    LEFT JOIN crpm.stores AS e ON e.source_system = %(source_system)s AND t.source_key = e.source_key
)

SELECT
    c.load_file_id,
    c.source_line,
    CASE WHEN c.problem IS NOT NULL THEN 'rejected' END AS outcome,
    c.problem,
    c.source_key,
    md5(row(c.is_online, c.country_code, c.state, trim_scale(c.area_m2), c.opened_on)::text) AS source_hash,
    c.store_id,
    c.recorded_hash,
    c.is_online,
    c.country_code,
    c.state,
    c.area_m2,
    c.opened_on,
    c.name
FROM checked AS c;
