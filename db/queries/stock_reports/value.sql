-- What the stock is worth at cost, store by store and category by category, at the end of a day (see analytics.stock_value_on).
-- Grain: one row per store and category with stock; a null day is now. The all_ columns are those of all pages together.
-- stock_value leaves out pieces without a cost, which without_cost counts.
SELECT
    st.name AS store,
    c.name AS category,
    sum(v.on_hand) AS on_hand,
    coalesce(sum(v.stock_value), 0) AS stock_value,
    coalesce(sum(v.on_hand) FILTER (WHERE v.unit_cost IS NULL), 0) AS without_cost,
    count(*) OVER () AS places,
    sum(sum(v.on_hand)) OVER () AS all_on_hand,
    coalesce(sum(sum(v.stock_value)) OVER (), 0) AS all_stock_value,
    coalesce(sum(sum(v.on_hand) FILTER (WHERE v.unit_cost IS NULL)) OVER (), 0) AS all_without_cost
FROM analytics.stock_value_on(%(day)s::date) AS v
INNER JOIN crpm.products AS p ON v.product_id = p.product_id
INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
INNER JOIN crpm.categories AS c ON sc.category_id = c.category_id
INNER JOIN crpm.stores AS st ON v.store_id = st.store_id
WHERE
    (%(store_id)s::bigint IS NULL OR v.store_id = %(store_id)s)
    AND (%(category_id)s::bigint IS NULL OR sc.category_id = %(category_id)s)
    AND (
        %(pattern)s::text IS NULL
        OR p.search_text LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
        OR p.product_id = (SELECT b.product_id FROM crpm.product_barcodes AS b WHERE b.barcode = %(barcode)s::text)
    )
GROUP BY st.store_id, c.category_id
ORDER BY crpm.fold(st.name), st.store_id, crpm.fold(c.name), c.category_id
LIMIT %(limit)s::integer OFFSET %(offset)s::integer
