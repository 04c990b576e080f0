-- What a bulk change would do to some products, counted. For managers.
-- Grain: one row. without_price counts products that a change of prices leaves out; below_cost those whose new price is.
SELECT
    cardinality(%(product_ids)s::bigint[]) AS products,
    count(*) AS changed,
    count(*) FILTER (WHERE %(kind)s = 'price' AND d.new_value::numeric < cost.unit_cost) AS below_cost,
    CASE
        WHEN %(kind)s = 'price'
            THEN (
                SELECT count(*)
                FROM unnest(%(product_ids)s::bigint[]) AS w (product_id)
                WHERE crpm.product_value(w.product_id, 'price', now()) IS NULL
            )
        ELSE 0
    END AS without_price
FROM
    crpm.planned_changes(
        %(product_ids)s::bigint[], %(kind)s::text, %(target)s::text, %(percent)s::numeric, %(ending)s::text, now()
    ) AS d
LEFT JOIN LATERAL (
    SELECT x.unit_cost
    FROM crpm.product_costs AS x
    WHERE x.product_id = d.product_id AND x.valid_from <= now()
    ORDER BY x.valid_from DESC
    LIMIT 1
) AS cost ON TRUE
