-- Adds new stores. A shop that has no name is called after its state and country. Where another has the name, its key
-- stands behind it. Its currency is its country's. The opening count is of today, whatever the counts are: history before
-- it moves no stock.
INSERT INTO crpm.stores (
    source_system, source_key, source_hash, source_values, load_file_id, source_line, name, is_online, country_code, state,
    currency_code, time_zone, opened_on, opening_count_on, area_m2
)
WITH named AS (
    SELECT
        c.load_file_id,
        c.source_line,
        c.source_key,
        c.source_hash,
        c.file_values,
        c.is_online,
        c.country_code,
        c.state,
        c.opened_on,
        c.area_m2,
        s.time_zone,
        coalesce(k.currency_code, s.base_currency_code) AS currency_code,
        coalesce(c.name, CASE WHEN c.is_online THEN 'Online' ELSE concat_ws(', ', c.state, k.name) END) AS name
    FROM staging.clean_stores AS c
    CROSS JOIN crpm.settings AS s
    LEFT JOIN crpm.countries AS k ON c.country_code = k.country_code
    WHERE c.outcome IS NULL
),

ranked AS (
    SELECT
        n.*,
        row_number() OVER (PARTITION BY n.name ORDER BY n.load_file_id, n.source_line) AS place
    FROM named AS n
)

SELECT
    %(source_system)s::text AS source_system,
    r.source_key,
    r.source_hash,
    r.file_values,
    r.load_file_id,
    r.source_line,
    CASE
        WHEN r.place = 1 AND NOT EXISTS (
            SELECT 1 FROM crpm.stores AS o
            WHERE r.name = o.name
        ) THEN r.name
        WHEN
            NOT EXISTS (
                SELECT 1 FROM crpm.stores AS o
                WHERE o.name = r.name || ' (' || r.source_key || ')'
            )
            THEN r.name || ' (' || r.source_key || ')'
        ELSE r.name || ' (' || %(source_system)s::text || ' ' || r.source_key || ')'
    END AS name,
    r.is_online,
    r.country_code,
    r.state,
    r.currency_code,
    r.time_zone,
    r.opened_on,
    (now() AT TIME ZONE r.time_zone)::date AS opening_count_on,
    r.area_m2
FROM ranked AS r
ORDER BY r.load_file_id, r.source_line;
