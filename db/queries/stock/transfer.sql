-- Move pieces of products from one store to another.
-- Grain: one row, empty.
SELECT
    crpm.transfer_stock(
        %(from_store_id)s::bigint, %(to_store_id)s::bigint, %(product_ids)s::bigint[], %(quantities)s::numeric[], %(document)s::text
    )
