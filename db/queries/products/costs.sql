-- What a piece of each of some products costs the business now, in base currency. For managers.
-- Grain: one row per product that has a cost.
SELECT DISTINCT ON (x.product_id)
    x.product_id,
    x.unit_cost
FROM unnest(%(product_ids)s::bigint[]) AS w (product_id)
INNER JOIN crpm.product_costs AS x ON w.product_id = x.product_id
WHERE x.valid_from <= now()
ORDER BY x.product_id, x.valid_from DESC
