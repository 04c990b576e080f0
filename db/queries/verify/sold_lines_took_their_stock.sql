-- Each line that moves stock took its pieces from its store on the day of its order, once; other lines took none.
-- Grain: one row per order line, and per line that a sale in the ledger names though there is none.
WITH sales AS (
    SELECT
        x.order_store_id AS store_id,
        x.order_id,
        x.line_number,
        count(*) AS movements,
        min(x.store_id) AS store_id_moved,
        min(x.product_id) AS product_id,
        min(x.quantity) AS quantity,
        min(x.occurred_on) AS occurred_on
    FROM crpm.stock_movements AS x
    WHERE x.movement_type = 'sale' AND x.quantity < 0
    GROUP BY x.order_store_id, x.order_id, x.line_number
)

SELECT
    coalesce(l.store_id, m.store_id) AS store_id,
    coalesce(l.order_id, m.order_id) AS order_id,
    coalesce(l.line_number, m.line_number) AS line_number,
    l.quantity,
    l.moves_stock,
    coalesce(m.movements, 0) AS sales_in_the_ledger,
    CASE
        WHEN coalesce(l.moves_stock, FALSE)
            THEN
                (m.movements, m.store_id_moved, m.product_id, m.quantity, m.occurred_on)
                <> (1, l.store_id, l.product_id, -l.quantity, l.order_date)
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
        o.order_date
    FROM crpm.order_lines AS x
    LEFT JOIN crpm.orders AS o ON x.store_id = o.store_id AND x.order_id = o.order_id
) AS l
FULL JOIN sales AS m
    ON l.store_id = m.store_id AND l.order_id = m.order_id AND l.line_number = m.line_number
