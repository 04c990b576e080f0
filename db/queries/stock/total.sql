-- What is on hand of a product in all stores together, and in how many of them it is time to reorder.
-- Grain: one row.
SELECT
    coalesce(sum(l.on_hand), 0) AS on_hand,
    count(*) FILTER (WHERE l.on_hand > 0) AS stores,
    count(*) FILTER (WHERE l.is_below_reorder_point AND st.is_active) AS stores_to_reorder
FROM analytics.stock AS l
INNER JOIN crpm.stores AS st ON l.store_id = st.store_id
WHERE l.product_id = %(product_id)s
