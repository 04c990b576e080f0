-- Tax rates by class and country, the latest first.
-- Grain: one row per class, country and first day; is_current where it is the one that counts today by the business's clock.
WITH clock AS (
    SELECT coalesce(max((now() AT TIME ZONE s.time_zone)::date), current_date) AS today
    FROM crpm.settings AS s
),

rates AS (
    SELECT
        r.tax_class_id,
        r.country_code,
        r.valid_from,
        r.tax_rate,
        max(CASE WHEN r.valid_from <= c.today THEN r.valid_from END) OVER (PARTITION BY r.tax_class_id, r.country_code) AS current_from
    FROM crpm.tax_rates AS r
    CROSS JOIN clock AS c
)

SELECT
    r.tax_class_id,
    t.name AS tax_class,
    r.country_code,
    c.name AS country,
    r.valid_from,
    r.tax_rate,
    coalesce(r.valid_from = r.current_from, FALSE) AS is_current
FROM rates AS r
INNER JOIN crpm.tax_classes AS t ON r.tax_class_id = t.tax_class_id
INNER JOIN crpm.countries AS c ON r.country_code = c.country_code
ORDER BY t.name, c.name, r.valid_from DESC
LIMIT 1000
