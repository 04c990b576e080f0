-- Book goods received at a store today.
-- Grain: one row, empty.
SELECT crpm.receive_stock(%(store_id)s::bigint, ARRAY[%(product_id)s::bigint], ARRAY[%(quantity)s::numeric], %(document)s::text)
