-- An order's net, tax and base amounts are the sums of its lines, and its total is net plus tax; no order without lines.
-- Grain: one row per order, and per order that lines name though there is none.
WITH sums AS (
    SELECT
        x.store_id,
        x.order_id,
        sum(x.line_amount) AS line_amount,
        sum(x.tax_amount) AS tax_amount,
        sum(x.base_amount) AS base_amount
    FROM crpm.order_lines AS x
    GROUP BY x.store_id, x.order_id
)

SELECT
    coalesce(o.store_id, l.store_id) AS store_id,
    coalesce(o.order_id, l.order_id) AS order_id,
    o.net_amount,
    l.line_amount AS net_of_lines,
    o.tax_amount,
    l.tax_amount AS tax_of_lines,
    o.total_amount,
    o.base_amount,
    l.base_amount AS base_of_lines,
    (o.net_amount, o.tax_amount, o.total_amount, o.base_amount)
    <> (l.line_amount, l.tax_amount, l.line_amount + l.tax_amount, l.base_amount) AS is_wrong
FROM crpm.orders AS o
FULL JOIN sums AS l
    ON o.store_id = l.store_id AND o.order_id = l.order_id
