-- Notes the counts of files that found nothing: a level of zero says that it was counted.
WITH added AS (
    INSERT INTO crpm.stock_levels (store_id, product_id, on_hand)
    SELECT
        c.store_id,
        c.product_id,
        0 AS on_hand
    FROM staging.clean_stock AS c
    WHERE c.outcome IS NULL AND c.quantity = 0
    ORDER BY c.product_id, c.store_id
    RETURNING store_id, product_id, on_hand
)

INSERT INTO crpm.load_changes (load_id, table_name, row_key, new_values)
SELECT
    %(load_id)s::integer AS load_id,
    'stock_levels' AS table_name,
    a.store_id || '/' || a.product_id AS row_key,
    jsonb_build_object('store_id', a.store_id, 'product_id', a.product_id, 'on_hand', a.on_hand) AS new_values
FROM added AS a;
