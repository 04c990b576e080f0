-- Book the opening count of a product that has never had stock at a store.
-- Grain: one row, empty.
SELECT crpm.open_stock(%(store_id)s::bigint, ARRAY[%(product_id)s::bigint], ARRAY[%(quantity)s::numeric])
