-- Adds new orders, with the sums of their lines; imported history carries no tax. Who acts is looked up once, not by row.
INSERT INTO crpm.orders (
    store_id, order_id, order_number, source_system, load_file_id, source_line, customer_id, order_date, delivered_on,
    currency_code, exchange_rate, rate_date, net_amount, total_amount, base_amount, recorded_by, channel
)
OVERRIDING SYSTEM VALUE
WITH sums AS (
    SELECT
        c.order_number,
        sum(c.line_amount) AS net_amount,
        sum(c.base_amount) AS base_amount
    FROM staging.clean_sales AS c
    WHERE c.outcome IS NULL
    GROUP BY c.order_number
)

SELECT
    o.store_id,
    o.order_id,
    o.order_number,
    %(source_system)s::text AS source_system,
    o.load_file_id,
    o.source_line,
    o.customer_id,
    o.order_date,
    o.delivered_on,
    o.currency_code,
    o.exchange_rate,
    o.rate_date,
    s.net_amount,
    s.net_amount AS total_amount,
    s.base_amount,
    (SELECT crpm.acting_user()) AS recorded_by,
    (SELECT crpm.acting_channel()) AS channel
FROM staging.orders AS o
INNER JOIN sums AS s ON o.order_number = s.order_number
WHERE NOT o.is_recorded
ORDER BY o.store_id, o.order_id;
