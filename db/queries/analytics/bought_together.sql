-- Products that are bought in one order: how often, and how much more often than by chance.
-- Grain: one row per pair of products, 20 at most, the most telling first. support is the share of all orders that have both;
-- confidence that of the orders with the first product that have the second; lift is confidence by the share of all orders
-- with the second (1: by chance). A pair counts from 2 orders and one in 10,000 of all orders on.
WITH baskets AS (
    SELECT DISTINCT
        s.store_id,
        s.order_id,
        s.product_id
    FROM analytics.detailed_sales AS s
    WHERE
        s.kind = 'sale'
        AND s.sold_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
        AND (%(segment)s::text IS NULL OR s.customer_id IN (SELECT analytics.segment_members(%(segment)s, %(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s)))
),

orders AS (
    SELECT
        b.store_id,
        b.order_id
    FROM baskets AS b
    GROUP BY b.store_id, b.order_id
),

totals AS (
    SELECT count(*) AS orders
    FROM orders
),

-- Products that are in too few orders to make a pair go first: large orders would make pairs of everything in them.
products AS (
    SELECT
        b.product_id,
        count(*) AS orders
    FROM baskets AS b
    GROUP BY b.product_id
    HAVING count(*) >= greatest(2, (SELECT t.orders / 10000.0 FROM totals AS t))
),

common AS (
    SELECT
        b.store_id,
        b.order_id,
        b.product_id
    FROM baskets AS b
    INNER JOIN products AS p ON b.product_id = p.product_id
),

pairs AS (
    SELECT
        one.product_id,
        other.product_id AS other_id,
        count(*) AS orders
    FROM common AS one
    INNER JOIN common AS other
        ON one.store_id = other.store_id AND one.order_id = other.order_id AND one.product_id < other.product_id
    GROUP BY one.product_id, other.product_id
)

SELECT
    p.product_id,
    first_one.name AS product,
    p.other_id,
    second_one.name AS other,
    p.orders,
    round(p.orders::numeric / t.orders, 4) AS support,
    round(p.orders::numeric / a.orders, 4) AS confidence,
    round(p.orders::numeric * t.orders / (a.orders * b.orders), 2) AS lift
FROM pairs AS p
CROSS JOIN totals AS t
INNER JOIN products AS a ON p.product_id = a.product_id
INNER JOIN products AS b ON p.other_id = b.product_id
INNER JOIN crpm.products AS first_one ON p.product_id = first_one.product_id
INNER JOIN crpm.products AS second_one ON p.other_id = second_one.product_id
WHERE p.orders >= greatest(2, t.orders / 10000.0)
ORDER BY lift DESC, p.orders DESC, p.product_id, p.other_id
LIMIT 20;
