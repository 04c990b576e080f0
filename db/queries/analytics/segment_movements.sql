-- How customers have moved between segments since the period before.
-- Grain: one row per segment of the period before (segment_before) and of this one (segment) with customers in both places; who bought
-- in one period alone is there in 'Did not buy'. The segments of each period are by its own sales. share is of those of the segment
-- before.
WITH moves AS (
    SELECT
        coalesce(b.segment, 'Did not buy') AS segment_before,
        coalesce(n.segment, 'Did not buy') AS segment,
        count(*) AS customers
    FROM analytics.customer_scores(%(previous_from)s, %(previous_to)s, %(store_id)s, %(country_code)s, %(category_id)s) AS b
    FULL JOIN analytics.customer_scores(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s) AS n
        ON b.customer_id = n.customer_id
    WHERE %(segment)s::text IS NULL OR n.segment = %(segment)s
    GROUP BY b.segment, n.segment
),

places (place, segment) AS (
    VALUES
    (1, 'Champions'),
    (2, 'Loyal'),
    (3, 'New or promising'),
    (4, 'Need attention'),
    (5, 'At risk'),
    (6, 'Gone quiet'),
    (7, 'Did not buy')
)

SELECT
    m.segment_before,
    m.segment,
    m.customers,
    round(m.customers / sum(m.customers) OVER (PARTITION BY m.segment_before), 4) AS share,
    sum(m.customers) OVER (PARTITION BY m.segment_before) AS customers_before
FROM moves AS m
INNER JOIN places AS b ON m.segment_before = b.segment
INNER JOIN places AS n ON m.segment = n.segment
ORDER BY b.place, n.place;
