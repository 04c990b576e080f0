-- Where it is time to reorder: active products at or below their reorder point, store by store, the shortest first.
-- Grain: one row per store and product, 50 at most; places counts them all.
SELECT
    p.product_id,
    p.name AS product,
    st.store_id,
    st.name AS store,
    s.on_hand,
    s.reorder_point,
    count(*) OVER () AS places
FROM analytics.stock AS s
INNER JOIN crpm.products AS p ON s.product_id = p.product_id
INNER JOIN crpm.stores AS st ON s.store_id = st.store_id
WHERE s.is_below_reorder_point AND st.is_active
ORDER BY s.on_hand - s.reorder_point, p.sort_name, st.name, p.product_id, st.store_id
LIMIT 50;
