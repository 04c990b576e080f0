-- No store has less than nothing of a product.
-- Grain: one row per level.
SELECT
    l.store_id,
    l.product_id,
    l.on_hand,
    l.on_hand < 0 AS is_wrong
FROM crpm.stock_levels AS l
