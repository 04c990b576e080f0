-- The exchange rate of the base currency is 1.
-- Grain: one row per rate of the base currency, and one per order in it.
SELECT
    q.kind,
    q.store_id,
    q.order_id,
    q.rate_date,
    q.rate,
    q.rate <> 1 AS is_wrong
FROM (
    SELECT
        'rate' AS kind,
        NULL::bigint AS store_id,
        NULL::bigint AS order_id,
        r.currency_code,
        r.rate_date,
        r.units_per_base AS rate
    FROM crpm.exchange_rates AS r
    UNION ALL
    SELECT
        'order' AS kind,
        o.store_id,
        o.order_id,
        o.currency_code,
        o.rate_date,
        o.exchange_rate AS rate
    FROM crpm.orders AS o
) AS q
INNER JOIN crpm.settings AS s ON q.currency_code = s.base_currency_code
