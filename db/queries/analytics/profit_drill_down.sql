-- Revenue and gross profit of categories, of the subcategories of one (branch_category_id), or of the products of one of those
-- (branch_subcategory_id).
-- Grain: one row per category, subcategory or product with a sale or return in the period. share is of the revenue of all rows;
-- cost is the unit cost at the moment of each sale; margin is gross profit by revenue.
WITH nodes AS (
    SELECT
        CASE
            WHEN %(branch_subcategory_id)s::bigint IS NOT NULL THEN s.product_id
            WHEN %(branch_category_id)s::bigint IS NOT NULL THEN s.subcategory_id
            ELSE s.category_id
        END AS node_id,
        sum(s.units)::bigint AS units,
        sum(s.revenue) AS revenue,
        sum(s.cost) AS cost,
        sum(s.gross_profit) AS gross_profit
    FROM analytics.profits_of_products(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    WHERE
        (%(branch_category_id)s::bigint IS NULL OR s.category_id = %(branch_category_id)s)
        AND (%(branch_subcategory_id)s::bigint IS NULL OR s.subcategory_id = %(branch_subcategory_id)s)
    GROUP BY node_id
)

SELECT
    n.node_id,
    coalesce(p.name, sc.name, c.name) AS name,
    (SELECT x.name FROM crpm.categories AS x WHERE x.category_id = %(branch_category_id)s) AS category,
    (SELECT x.name FROM crpm.subcategories AS x WHERE x.subcategory_id = %(branch_subcategory_id)s) AS subcategory,
    n.units,
    n.revenue,
    round(n.revenue / nullif(sum(n.revenue) OVER (), 0), 4) AS share,
    n.cost,
    n.gross_profit,
    round(n.gross_profit / nullif(n.revenue, 0), 4) AS margin
FROM nodes AS n
LEFT JOIN crpm.products AS p ON n.node_id = p.product_id AND %(branch_subcategory_id)s::bigint IS NOT NULL
LEFT JOIN crpm.subcategories AS sc
    ON n.node_id = sc.subcategory_id AND %(branch_category_id)s::bigint IS NOT NULL AND %(branch_subcategory_id)s::bigint IS NULL
LEFT JOIN crpm.categories AS c
    ON n.node_id = c.category_id AND %(branch_category_id)s::bigint IS NULL AND %(branch_subcategory_id)s::bigint IS NULL
ORDER BY n.gross_profit DESC, n.node_id ASC
LIMIT 1000;
