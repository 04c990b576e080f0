-- The customers of one segment, or of all, as their purchases of a period make them.
-- Grain: one row per customer, most_rows at most, those with most revenue first; found counts them all. The scores of recency,
-- frequency and revenue are 1 to 5 by the fifth of all customers that one belongs to.
SELECT
    p.customer_id,
    p.name,
    c.segment,
    c.recency,
    c.frequency,
    c.monetary,
    c.orders,
    c.revenue,
    c.last_on AS last_bought_on,
    count(*) OVER () AS found
FROM analytics.customer_scores(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s) AS c
INNER JOIN crpm.customers AS p ON c.customer_id = p.customer_id
WHERE %(segment)s::text IS NULL OR c.segment = %(segment)s
ORDER BY c.revenue DESC, p.customer_id ASC
LIMIT %(most_rows)s::integer;
