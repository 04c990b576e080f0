-- An order that was paid at the till was paid its total; what was paid back is what its returns refund.
-- Grain: one row per order that is not cancelled and has payments, and per order that payments name though there is none.
-- A refund is a negative payment of a return's amount at its moment. Orders may be recorded without any payment.
WITH returned AS (
    SELECT
        x.store_id,
        x.order_id,
        x.recorded_at,
        x.line_amount + x.tax_amount AS amount,
        count(*) AS times
    FROM crpm.returns AS x
    GROUP BY x.store_id, x.order_id, x.recorded_at, x.line_amount + x.tax_amount
),

refunds AS (
    SELECT
        p.store_id,
        p.order_id,
        sum(least(p.times, r.times) * r.amount) AS amount
    FROM (
        SELECT
            x.store_id,
            x.order_id,
            x.recorded_at,
            -x.amount AS amount,
            count(*) AS times
        FROM crpm.payments AS x
        WHERE x.amount < 0
        GROUP BY x.store_id, x.order_id, x.recorded_at, x.amount
    ) AS p
    INNER JOIN returned AS r
        ON p.store_id = r.store_id AND p.order_id = r.order_id AND p.recorded_at = r.recorded_at AND p.amount = r.amount
    GROUP BY p.store_id, p.order_id
)

SELECT
    p.store_id,
    p.order_id,
    o.total_amount,
    p.amount AS paid_less_refunds,
    coalesce(r.amount, 0) AS refunds,
    o.order_id IS NULL OR p.amount + coalesce(r.amount, 0) NOT IN (0, o.total_amount) AS is_wrong
FROM (
    SELECT
        x.store_id,
        x.order_id,
        sum(x.amount) AS amount
    FROM crpm.payments AS x
    GROUP BY x.store_id, x.order_id
) AS p
LEFT JOIN crpm.orders AS o ON p.store_id = o.store_id AND p.order_id = o.order_id
LEFT JOIN refunds AS r ON p.store_id = r.store_id AND p.order_id = r.order_id
WHERE coalesce(o.status <> 'cancelled', TRUE)
