-- Orders of a period by how many pieces are in them.
-- Grain: one row per number of pieces, from 4 on in bands, and one for returns of orders from before the period, so that revenue
-- adds up. Pieces are those sold, before returns; revenue is net of returns in the period.
WITH orders AS (
    SELECT
        s.order_id,
        sum(s.units) FILTER (WHERE s.kind = 'sale') AS pieces,
        sum(s.revenue) AS revenue
    FROM analytics.detailed_sales AS s
    WHERE
        s.sold_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
        AND (%(segment)s::text IS NULL OR s.customer_id IN (SELECT analytics.segment_members(%(segment)s, %(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s)))
    GROUP BY s.order_id
),

placed AS (
    SELECT
        o.pieces,
        o.revenue,
        CASE
            WHEN o.pieces IS NULL THEN 'returns of earlier orders'
            WHEN o.pieces < 4 THEN o.pieces::text
            WHEN o.pieces < 6 THEN '4-5'
            WHEN o.pieces < 11 THEN '6-10'
            WHEN o.pieces < 21 THEN '11-20'
            ELSE 'over 20'
        END AS size
    FROM orders AS o
)

SELECT
    p.size,
    count(p.pieces) AS orders,
    round(count(p.pieces) / nullif(sum(count(p.pieces)) OVER (), 0), 4) AS share_of_orders,
    sum(p.revenue) AS revenue,
    round(sum(p.revenue) / nullif(sum(sum(p.revenue)) OVER (), 0), 4) AS share,
    round(sum(p.revenue) / nullif(count(p.pieces), 0), 2) AS average_order_value
FROM placed AS p
GROUP BY p.size
ORDER BY min(p.pieces) NULLS LAST;
