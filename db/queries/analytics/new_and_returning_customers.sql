-- Who bought in a period for the first time, and who had bought before.
-- Grain: one row for new, one for returning customers, each with its share of both. Walk-ins are no customers; the first
-- purchase is the first one anywhere, whatever the filters.
WITH bought AS (
    SELECT
        s.customer_id,
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

first_purchases AS (
    SELECT
        s.customer_id,
        min(s.sold_on) AS first_on
    FROM analytics.sales AS s
    WHERE s.kind = 'sale' AND s.customer_id IS NOT NULL
    GROUP BY s.customer_id
),

kinds AS (
    SELECT
        f.first_on < %(from_on)s AS is_returning,
        b.orders,
        b.revenue
    FROM bought AS b
    INNER JOIN first_purchases AS f ON b.customer_id = f.customer_id
)

SELECT
    CASE WHEN w.is_returning THEN 'returning' ELSE 'new' END AS kind,
    count(k.orders) AS customers,
    coalesce(sum(k.orders), 0) AS orders,
    coalesce(sum(k.revenue), 0) AS revenue,
    round(sum(k.revenue) / nullif(sum(sum(k.revenue)) OVER (), 0), 4) AS share,
    round(sum(k.revenue) / nullif(sum(k.orders), 0), 2) AS average_order_value
FROM (VALUES (FALSE), (TRUE)) AS w (is_returning)
LEFT JOIN kinds AS k ON w.is_returning = k.is_returning
GROUP BY w.is_returning
ORDER BY w.is_returning;
