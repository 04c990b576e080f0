-- The pieces returned of a line are the sum of its returns, and no more than were bought; a cancelled order has none.
-- Grain: one row per order line, and per line that returns name though there is none.
WITH sums AS (
    SELECT
        x.store_id,
        x.order_id,
        x.line_number,
        sum(x.quantity) AS quantity
    FROM crpm.returns AS x
    GROUP BY x.store_id, x.order_id, x.line_number
)

SELECT
    coalesce(l.store_id, r.store_id) AS store_id,
    coalesce(l.order_id, r.order_id) AS order_id,
    coalesce(l.line_number, r.line_number) AS line_number,
    l.quantity,
    l.returned_quantity,
    coalesce(r.quantity, 0) AS pieces_of_returns,
    l.returned_quantity <> coalesce(r.quantity, 0)
    OR l.returned_quantity > l.quantity
    OR l.status = 'cancelled' AND r.quantity IS NOT NULL AS is_wrong
FROM (
    SELECT
        x.store_id,
        x.order_id,
        x.line_number,
        x.quantity,
        x.returned_quantity,
        o.status
    FROM crpm.order_lines AS x
    LEFT JOIN crpm.orders AS o ON x.store_id = o.store_id AND x.order_id = o.order_id
) AS l
FULL JOIN sums AS r
    ON l.store_id = r.store_id AND l.order_id = r.order_id AND l.line_number = r.line_number
