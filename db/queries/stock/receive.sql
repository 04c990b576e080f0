-- Book goods received at a store today.
-- Grain: one row, empty.
SELECT crpm.receive_stock(%(store_id)s::bigint, %(product_ids)s::bigint[], %(quantities)s::numeric[], %(document)s::text)
