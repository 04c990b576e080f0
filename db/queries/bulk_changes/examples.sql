-- Products that a bulk change would change, with their value before and after: those below cost first. For managers.
-- Grain: one row per product, 12 at most. A category is told by its name.
SELECT
    p.product_id,
    p.sku,
    p.name,
    CASE %(kind)s WHEN 'category' THEN old_one.name ELSE d.old_value END AS old_value,
    CASE %(kind)s WHEN 'category' THEN new_one.name ELSE d.new_value END AS new_value,
    cost.unit_cost,
    coalesce(%(kind)s = 'price' AND d.new_value::numeric < cost.unit_cost, FALSE) AS is_below_cost
FROM
    crpm.planned_changes(
        %(product_ids)s::bigint[], %(kind)s::text, %(target)s::text, %(percent)s::numeric, %(ending)s::text, now()
    ) AS d
INNER JOIN crpm.products AS p ON d.product_id = p.product_id
LEFT JOIN crpm.subcategories AS old_one ON %(kind)s = 'category' AND d.old_value = old_one.subcategory_id::text
LEFT JOIN crpm.subcategories AS new_one ON %(kind)s = 'category' AND d.new_value = new_one.subcategory_id::text
LEFT JOIN LATERAL (
    SELECT x.unit_cost
    FROM crpm.product_costs AS x
    WHERE x.product_id = d.product_id AND x.valid_from <= now()
    ORDER BY x.valid_from DESC
    LIMIT 1
) AS cost ON TRUE
ORDER BY is_below_cost DESC, p.sort_name, p.product_id
LIMIT 12
