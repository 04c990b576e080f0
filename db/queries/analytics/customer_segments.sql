-- Customers of a period by when they last bought, how often and for how much (RFM), in segments with a name.
-- Grain: one row per segment that has customers. Each of the three is scored 1 to 5 by the fifth of the customers that one
-- belongs to; equal values score alike. rule says which scores make the segment, of recency (R) and frequency (F).
WITH bought AS (
    SELECT
        s.customer_id,
        max(s.sold_on) FILTER (WHERE s.kind = 'sale') AS last_on,
        count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale') AS orders,
        sum(s.revenue) AS revenue
    FROM analytics.detailed_sales AS s
    WHERE
        s.customer_id IS NOT NULL
        AND s.sold_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
    GROUP BY s.customer_id
    HAVING bool_or(s.kind = 'sale')
),

scored AS (
    SELECT
        b.last_on,
        b.orders,
        b.revenue,
        1 + 5 * (rank() OVER (ORDER BY b.last_on) - 1) / count(*) OVER () AS recency,
        1 + 5 * (rank() OVER (ORDER BY b.orders) - 1) / count(*) OVER () AS frequency,
        1 + 5 * (rank() OVER (ORDER BY b.revenue) - 1) / count(*) OVER () AS monetary
    FROM bought AS b
),

segments (place, segment, rule) AS (
    VALUES
    (1, 'Champions', 'R 4-5, F 4-5'),
    (2, 'Loyal', 'R 3, F 3-5, or R 4-5, F 3'),
    (3, 'New or promising', 'R 4-5, F 1-2'),
    (4, 'Need attention', 'R 3, F 1-2'),
    (5, 'At risk', 'R 1-2, F 3-5'),
    (6, 'Gone quiet', 'R 1-2, F 1-2')
),

placed AS (
    SELECT
        s.last_on,
        s.orders,
        s.revenue,
        s.monetary,
        analytics.segment_of(s.recency, s.frequency) AS segment
    FROM scored AS s
)

SELECT
    g.segment,
    g.rule,
    count(*) AS customers,
    sum(p.orders) AS orders,
    sum(p.revenue) AS revenue,
    round(sum(p.revenue) / nullif(sum(sum(p.revenue)) OVER (), 0), 4) AS share,
    round(avg(%(to_on)s::date - p.last_on), 0) AS days_since_last,
    round(avg(p.monetary), 1) AS monetary_score
FROM placed AS p
INNER JOIN segments AS g ON p.segment = g.segment
GROUP BY g.place, g.segment, g.rule
ORDER BY g.place;
