-- Where it is time to reorder, with what to order (see analytics.reorder), the shortest cover first.
-- Grain: one row per store and product; places, pieces and suggested_pieces are those of all pages together.
-- Sort days_of_cover: r.days_of_cover NULLS LAST, p.sort_name, r.product_id, r.store_id
-- Sort days_of_cover descending: r.days_of_cover DESC NULLS LAST, p.sort_name, r.product_id, r.store_id
-- Sort product: p.sort_name, r.product_id, r.store_id
-- Sort product descending: p.sort_name DESC, r.product_id DESC, r.store_id
-- Sort on_hand: r.on_hand, p.sort_name, r.product_id, r.store_id
-- Sort on_hand descending: r.on_hand DESC, p.sort_name, r.product_id, r.store_id
-- Sort sold_in_90_days: r.sold_in_90_days, p.sort_name, r.product_id, r.store_id
-- Sort sold_in_90_days descending: r.sold_in_90_days DESC, p.sort_name, r.product_id, r.store_id
-- Sort suggested_quantity: r.suggested_quantity, p.sort_name, r.product_id, r.store_id
-- Sort suggested_quantity descending: r.suggested_quantity DESC, p.sort_name, r.product_id, r.store_id
SELECT
    r.product_id,
    p.sku,
    p.name AS product,
    st.name AS store,
    r.on_hand,
    r.reorder_point,
    r.sold_in_90_days,
    r.days_of_cover,
    r.suggested_quantity,
    count(*) OVER () AS places,
    sum(r.on_hand) OVER () AS pieces,
    sum(r.suggested_quantity) OVER () AS suggested_pieces
FROM analytics.reorder AS r
INNER JOIN crpm.products AS p ON r.product_id = p.product_id
INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
INNER JOIN crpm.stores AS st ON r.store_id = st.store_id
WHERE
    (%(store_id)s::bigint IS NULL OR r.store_id = %(store_id)s)
    AND (%(category_id)s::bigint IS NULL OR sc.category_id = %(category_id)s)
    AND (
        %(pattern)s::text IS NULL
        OR p.search_text LIKE '%%' || crpm.fold(%(pattern)s::text) || '%%'
        OR p.product_id = (SELECT b.product_id FROM crpm.product_barcodes AS b WHERE b.barcode = %(barcode)s::text)
    )
ORDER BY r.days_of_cover NULLS LAST, p.sort_name, r.product_id, r.store_id -- sort
LIMIT %(limit)s::integer OFFSET %(offset)s::integer
