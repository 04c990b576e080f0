-- Each line of a cancelled order that moved stock gave its pieces back to its store, once; lines of other orders gave none.
-- Grain: one row per order line, and per line that a reversal in the ledger names though there is none.
WITH reversals AS (
    SELECT
        x.order_store_id AS store_id,
        x.order_id,
        x.line_number,
        count(*) AS movements,
        min(x.store_id) AS store_id_moved,
        min(x.product_id) AS product_id,
        min(x.quantity) AS quantity
    FROM crpm.stock_movements AS x
    WHERE x.movement_type = 'sale' AND x.quantity > 0
    GROUP BY x.order_store_id, x.order_id, x.line_number
)

SELECT
    coalesce(l.store_id, m.store_id) AS store_id,
    coalesce(l.order_id, m.order_id) AS order_id,
    coalesce(l.line_number, m.line_number) AS line_number,
    l.quantity,
    l.status,
    coalesce(m.movements, 0) AS reversals_in_the_ledger,
    CASE
        WHEN l.moves_stock AND l.status = 'cancelled'
            THEN (m.movements, m.store_id_moved, m.product_id, m.quantity) <> (1, l.store_id, l.product_id, l.quantity)
        ELSE m.movements IS NOT NULL
    END AS is_wrong
FROM (
    SELECT
        x.store_id,
        x.order_id,
        x.line_number,
        x.product_id,
        x.quantity,
        x.moves_stock,
        o.status
    FROM crpm.order_lines AS x
    LEFT JOIN crpm.orders AS o ON x.store_id = o.store_id AND x.order_id = o.order_id
) AS l
FULL JOIN reversals AS m
    ON l.store_id = m.store_id AND l.order_id = m.order_id AND l.line_number = m.line_number
