-- How many pieces of some products were sold in the last 90 days, today included, net of returns; at one store, or at all.
-- Grain: one row per product with a sale or return in that time.
SELECT
    x.product_id,
    sum(x.units) AS units
FROM analytics.sales AS x
WHERE
    x.product_id = any(%(product_ids)s::bigint[])
    AND x.sold_on > current_date - 90
    AND (%(store_id)s::bigint IS NULL OR x.store_id = %(store_id)s)
GROUP BY x.product_id
