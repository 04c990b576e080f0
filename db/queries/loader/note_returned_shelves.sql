-- Notes the levels that are there only because pieces came back, so that they go with the load.
WITH added AS (
    INSERT INTO crpm.stock_levels (store_id, product_id, on_hand)
    SELECT DISTINCT
        c.received_store_id AS store_id,
        l.product_id,
        0 AS on_hand
    FROM staging.clean_returns AS c
    INNER JOIN crpm.order_lines AS l
        ON c.store_id = l.store_id AND c.order_id = l.order_id AND c.line_number = l.line_number
    WHERE c.outcome IS NULL AND c.is_restocked
    ORDER BY l.product_id, c.received_store_id
    ON CONFLICT (store_id, product_id) DO NOTHING
    RETURNING store_id, product_id, on_hand
)

INSERT INTO crpm.load_changes (load_id, table_name, row_key, new_values)
SELECT
    %(load_id)s::integer AS load_id,
    'stock_levels' AS table_name,
    a.store_id || '/' || a.product_id AS row_key,
    jsonb_build_object('store_id', a.store_id, 'product_id', a.product_id, 'on_hand', a.on_hand) AS new_values
FROM added AS a;
