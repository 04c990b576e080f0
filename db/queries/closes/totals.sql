-- Sales, tax, returns and cancelled orders of a store's day, tax included (see crpm.day_totals).
-- Grain: one row per currency.
SELECT
    t.currency_code,
    t.orders,
    t.sales_amount,
    t.tax_amount,
    t.returns,
    t.returned_amount,
    t.cancelled_orders,
    t.cancelled_amount
FROM crpm.day_totals(%(store_id)s::bigint, %(day)s::date) AS t
ORDER BY t.currency_code
LIMIT 200
