-- Where it is time to reorder: active products at or below their reorder point, store by store, the shortest first.
-- Grain: one row per store and product, 50 at most; places counts them all, products those that are short in any store.
WITH short AS (
    SELECT
        s.product_id,
        s.store_id,
        st.name AS store,
        s.on_hand,
        s.reorder_point
    FROM analytics.stock AS s
    INNER JOIN crpm.stores AS st ON s.store_id = st.store_id
    INNER JOIN crpm.products AS p ON s.product_id = p.product_id
    INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
    WHERE
        s.is_below_reorder_point
        AND st.is_active
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR st.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR sc.category_id = %(category_id)s)
)

SELECT
    p.product_id,
    p.name AS product,
    s.store_id,
    s.store,
    s.on_hand,
    s.reorder_point,
    count(*) OVER () AS places,
    (SELECT count(DISTINCT x.product_id) AS products FROM short AS x) AS products
FROM short AS s
INNER JOIN crpm.products AS p ON s.product_id = p.product_id
ORDER BY s.on_hand - s.reorder_point, p.sort_name, s.store, p.product_id, s.store_id
LIMIT 50;
