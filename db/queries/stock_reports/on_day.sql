-- What was on hand at the end of a day at the store, product by product and store by store (see analytics.stock_on).
-- Grain: one row per product and store that had stock by then; a null day is now. places and pieces are those of all pages.
-- Sort product: p.sort_name, s.product_id, st.name, s.store_id
-- Sort product descending: p.sort_name DESC, s.product_id DESC, st.name, s.store_id
-- Sort on_hand: s.on_hand, p.sort_name, s.product_id, s.store_id
-- Sort on_hand descending: s.on_hand DESC, p.sort_name, s.product_id, s.store_id
SELECT
    s.product_id,
    p.sku,
    p.name AS product,
    c.name AS category,
    st.name AS store,
    s.on_hand,
    count(*) OVER () AS places,
    sum(s.on_hand) OVER () AS pieces
FROM analytics.stock_on(%(day)s::date) AS s
INNER JOIN crpm.products AS p ON s.product_id = p.product_id
INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
INNER JOIN crpm.categories AS c ON sc.category_id = c.category_id
INNER JOIN crpm.stores AS st ON s.store_id = st.store_id
WHERE
    (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
    AND (%(category_id)s::bigint IS NULL OR sc.category_id = %(category_id)s)
    AND (
        %(pattern)s::text IS NULL
        OR p.search_text LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
        OR p.product_id = (SELECT b.product_id FROM crpm.product_barcodes AS b WHERE b.barcode = %(barcode)s::text)
    )
ORDER BY p.sort_name, s.product_id, st.name, s.store_id -- sort
LIMIT %(limit)s::integer OFFSET %(offset)s::integer
