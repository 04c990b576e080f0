-- Customers of a period by when they last bought, how often and for how much (RFM), in segments with a name.
-- Grain: one row per segment that has customers. Each of the three is scored 1 to 5 by the fifth of the customers that one
-- belongs to; equal values score alike. rule says which scores make the segment, of recency (R) and frequency (F).
WITH segments (place, segment, rule) AS (
    VALUES
    (1, 'Champions', 'R 4-5, F 4-5'),
    (2, 'Loyal', 'R 3, F 3-5, or R 4-5, F 3'),
    (3, 'New or promising', 'R 4-5, F 1-2'),
    (4, 'Need attention', 'R 3, F 1-2'),
    (5, 'At risk', 'R 1-2, F 3-5'),
    (6, 'Gone quiet', 'R 1-2, F 1-2')
)

SELECT
    g.segment,
    g.rule,
    count(*) AS customers,
    sum(c.orders) AS orders,
    sum(c.revenue) AS revenue,
    round(sum(c.revenue) / nullif(sum(sum(c.revenue)) OVER (), 0), 4) AS share,
    round(avg(%(to_on)s::date - c.last_on), 0) AS days_since_last,
    round(avg(c.monetary), 1) AS monetary_score
FROM analytics.customer_scores(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s) AS c
INNER JOIN segments AS g ON c.segment = g.segment
WHERE %(segment)s::text IS NULL OR c.segment = %(segment)s
GROUP BY g.place, g.segment, g.rule
ORDER BY g.place;
