-- A product is opened at a store once; what is counted later is an adjustment.
-- Grain: one row per store and product with an opening count.
SELECT
    m.store_id,
    m.product_id,
    count(*) AS openings,
    count(*) > 1 AS is_wrong
FROM crpm.stock_movements AS m
WHERE m.movement_type = 'opening'
GROUP BY m.store_id, m.product_id
