-- An order of the till has its request, its moment and its number S<store>-<order>; an imported one its source, and no request.
-- Grain: one row per order.
SELECT
    o.store_id,
    o.order_id,
    o.order_number,
    o.source_system,
    o.request_id,
    o.ordered_at,
    CASE
        WHEN o.load_file_id IS NULL
            THEN
                o.request_id IS NULL OR o.request_hash IS NULL OR o.ordered_at IS NULL OR o.source_system IS NOT NULL
                OR o.order_number <> 'S' || o.store_id || '-' || o.order_id
        ELSE o.request_id IS NOT NULL OR o.ordered_at IS NOT NULL OR o.source_system IS NULL
    END AS is_wrong
FROM crpm.orders AS o
