-- The products that are most often in one order with a product; of its latest 5,000 orders, without cancelled ones.
-- Grain: one row per other product, 8 at most, from 2 orders on. share is that of the product's orders that have both.
WITH own AS (
    SELECT DISTINCT
        l.store_id,
        l.order_id
    FROM crpm.order_lines AS l
    WHERE l.product_id = %(product_id)s
    ORDER BY l.order_id DESC, l.store_id
    LIMIT 5000
),

counted AS (
    SELECT
        w.store_id,
        w.order_id
    FROM own AS w
    INNER JOIN crpm.orders AS o ON w.store_id = o.store_id AND w.order_id = o.order_id
    WHERE o.status = 'recorded'
),

together AS (
    SELECT DISTINCT
        l.store_id,
        l.order_id,
        l.product_id
    FROM counted AS w
    INNER JOIN crpm.order_lines AS l ON w.store_id = l.store_id AND w.order_id = l.order_id
    WHERE l.product_id <> %(product_id)s
)

SELECT
    p.product_id,
    p.name,
    count(*) AS orders,
    round(count(*)::numeric / (SELECT count(*) AS orders FROM counted), 4) AS share
FROM together AS t
INNER JOIN crpm.products AS p ON t.product_id = p.product_id
GROUP BY p.product_id, p.name, p.sort_name
HAVING count(*) > 1
ORDER BY orders DESC, p.sort_name, p.product_id
LIMIT 8
