-- Move pieces of a product from one store to another.
-- Grain: one row, empty.
SELECT
    crpm.transfer_stock(
        %(from_store_id)s::bigint, %(to_store_id)s::bigint, ARRAY[%(product_id)s::bigint], ARRAY[%(quantity)s::numeric],
        %(document)s::text
    )
