-- What became of the stock of each store in a period: what there was, what came and went, and what was left, in pieces.
-- Grain: one row per store with stock or movements by the period's last day. opening is what was on hand at the end of the day before;
-- first_counts are opening counts in the period. opening and all between it and closing add up to closing. Sales are negative, and
-- cancelled ones taken back; transfers are those in less those out. A country is that of the store, so the online shop has none.
SELECT
    st.name AS store,
    coalesce(sum(m.quantity) FILTER (WHERE m.occurred_on < %(from_on)s), 0) AS opening,
    coalesce(sum(m.quantity) FILTER (WHERE m.occurred_on >= %(from_on)s AND m.movement_type = 'opening'), 0) AS first_counts,
    coalesce(sum(m.quantity) FILTER (WHERE m.occurred_on >= %(from_on)s AND m.movement_type = 'receipt'), 0) AS receipts,
    coalesce(sum(m.quantity) FILTER (WHERE m.occurred_on >= %(from_on)s AND m.movement_type = 'sale'), 0) AS sales,
    coalesce(sum(m.quantity) FILTER (WHERE m.occurred_on >= %(from_on)s AND m.movement_type = 'return'), 0) AS returned,
    coalesce(sum(m.quantity) FILTER (WHERE m.occurred_on >= %(from_on)s AND m.movement_type = 'adjustment'), 0) AS adjustments,
    coalesce(sum(m.quantity) FILTER (WHERE m.occurred_on >= %(from_on)s AND m.movement_type = 'transfer'), 0) AS transfers,
    sum(m.quantity) AS closing
FROM crpm.stock_movements AS m
INNER JOIN crpm.stores AS st ON m.store_id = st.store_id
INNER JOIN crpm.products AS p ON m.product_id = p.product_id
INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
WHERE
    m.occurred_on <= %(to_on)s
    AND (%(store_id)s::bigint IS NULL OR m.store_id = %(store_id)s)
    AND (%(country_code)s::text IS NULL OR st.country_code = %(country_code)s)
    AND (%(category_id)s::bigint IS NULL OR sc.category_id = %(category_id)s)
GROUP BY st.store_id
ORDER BY closing DESC, st.store_id ASC
LIMIT 1000;
