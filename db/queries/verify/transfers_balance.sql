-- What a transfer takes from one store it brings to another.
-- Grain: one row per product, moment, person and document of transfers.
SELECT
    m.product_id,
    m.recorded_at,
    m.recorded_by,
    m.document,
    sum(m.quantity) AS difference,
    count(DISTINCT m.store_id) AS stores,
    sum(m.quantity) <> 0 OR count(DISTINCT m.store_id) < 2 AS is_wrong
FROM crpm.stock_movements AS m
WHERE m.movement_type = 'transfer'
GROUP BY m.product_id, m.recorded_at, m.recorded_by, m.document
