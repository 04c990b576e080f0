-- Each restocked return put its pieces on the shelf of the store that received them on that day, once.
-- Grain: one row per order line, receiving store, product, day and quantity, in which returns and movements are counted.
WITH restockings AS (
    SELECT
        x.order_store_id,
        x.order_id,
        x.line_number,
        x.store_id,
        x.product_id,
        x.occurred_on,
        x.quantity,
        count(*) AS movements
    FROM crpm.stock_movements AS x
    WHERE x.movement_type = 'return'
    GROUP BY x.order_store_id, x.order_id, x.line_number, x.store_id, x.product_id, x.occurred_on, x.quantity
)

SELECT
    coalesce(r.order_store_id, m.order_store_id) AS order_store_id,
    coalesce(r.order_id, m.order_id) AS order_id,
    coalesce(r.line_number, m.line_number) AS line_number,
    coalesce(r.store_id, m.store_id) AS store_id,
    coalesce(r.product_id, m.product_id) AS product_id,
    coalesce(r.occurred_on, m.occurred_on) AS occurred_on,
    coalesce(r.quantity, m.quantity) AS quantity,
    coalesce(r.returns, 0) AS restocked_returns,
    coalesce(m.movements, 0) AS returns_in_the_ledger,
    coalesce(r.returns, 0) <> coalesce(m.movements, 0) AS is_wrong
FROM (
    SELECT
        x.store_id AS order_store_id,
        x.order_id,
        x.line_number,
        x.received_store_id AS store_id,
        l.product_id,
        x.returned_on AS occurred_on,
        x.quantity,
        count(*) AS returns
    FROM crpm.returns AS x
    LEFT JOIN crpm.order_lines AS l
        ON x.store_id = l.store_id AND x.order_id = l.order_id AND x.line_number = l.line_number
    WHERE x.is_restocked
    GROUP BY x.store_id, x.order_id, x.line_number, x.received_store_id, l.product_id, x.returned_on, x.quantity
) AS r
FULL JOIN restockings AS m
    ON
        r.order_store_id = m.order_store_id
        AND r.order_id = m.order_id
        AND r.line_number = m.line_number
        AND r.store_id = m.store_id
        AND r.product_id = m.product_id
        AND r.occurred_on = m.occurred_on
        AND r.quantity = m.quantity
