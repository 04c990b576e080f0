-- Currencies to choose from.
-- Grain: one row per currency.
SELECT
    c.currency_code,
    c.name,
    c.minor_units
FROM crpm.currencies AS c
ORDER BY c.currency_code
LIMIT 1000
