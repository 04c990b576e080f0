-- All stores with what is set for them, shops before the online shop.
-- Grain: one row per store.
SELECT
    s.store_id,
    s.row_version,
    s.name,
    s.is_online,
    s.country_code,
    c.name AS country,
    s.state,
    s.currency_code,
    s.time_zone,
    s.has_tax_inclusive_prices,
    s.area_m2,
    s.opened_on,
    s.is_active
FROM crpm.stores AS s
LEFT JOIN crpm.countries AS c ON s.country_code = c.country_code
ORDER BY s.is_online, crpm.fold(s.name), s.store_id
LIMIT 10000
