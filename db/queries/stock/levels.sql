-- What is on hand of a product, store by store: where it is time to reorder first.
-- Grain: one row per store that has ever had the product, with how many rows there are in all.
SELECT
    l.store_id,
    st.name AS store,
    l.on_hand,
    l.is_below_reorder_point AND st.is_active AS needs_reorder,
    count(*) OVER () AS stores
FROM analytics.stock AS l
INNER JOIN crpm.stores AS st ON l.store_id = st.store_id
WHERE l.product_id = %(product_id)s
ORDER BY needs_reorder DESC, crpm.fold(st.name), l.store_id
LIMIT %(limit)s::integer OFFSET %(offset)s::integer
