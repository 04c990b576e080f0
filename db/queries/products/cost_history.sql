-- What a piece of a product has cost the business, in base currency, the latest first. For managers.
-- Grain: one row per moment from which a cost counted; previous_cost is null for the first.
SELECT
    x.valid_from,
    x.unit_cost,
    lag(x.unit_cost) OVER (ORDER BY x.valid_from) AS previous_cost,
    x.recorded_by
FROM crpm.product_costs AS x
WHERE x.product_id = %(product_id)s
ORDER BY x.valid_from DESC
LIMIT %(limit)s::integer
