-- Brings the totals of imported orders that have lost a line down to the sum of those left.
UPDATE crpm.orders AS o
SET
    net_amount = t.net_amount,
    total_amount = t.net_amount + o.tax_amount,
    base_amount = t.base_amount
FROM (
    SELECT
        l.store_id,
        l.order_id,
        sum(l.line_amount) AS net_amount,
        sum(l.base_amount) AS base_amount
    FROM crpm.order_lines AS l
    INNER JOIN crpm.orders AS x ON l.store_id = x.store_id AND l.order_id = x.order_id
    WHERE x.load_file_id IS NOT NULL
    GROUP BY l.store_id, l.order_id
) AS t
WHERE o.store_id = t.store_id AND o.order_id = t.order_id AND (o.net_amount, o.base_amount) <> (t.net_amount, t.base_amount);
