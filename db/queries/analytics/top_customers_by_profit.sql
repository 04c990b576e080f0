-- The customers who brought most gross profit in a period.
-- Grain: one row per customer, most_rows at most. share is of all gross profit, walk-ins included; margin is gross profit by revenue.
WITH bought AS (
    SELECT
        s.customer_id,
        sum(s.revenue) AS revenue,
        sum(s.gross_profit) AS gross_profit,
        round(sum(s.gross_profit) / nullif(sum(s.revenue), 0), 4) AS margin,
        round(sum(s.gross_profit) / nullif(sum(sum(s.gross_profit)) OVER (), 0), 4) AS share
    FROM analytics.detailed_profits AS s
    WHERE
        s.sold_on BETWEEN %(from_on)s AND %(to_on)s
        AND (%(store_id)s::bigint IS NULL OR s.store_id = %(store_id)s)
        AND (%(country_code)s::text IS NULL OR s.country_code = %(country_code)s)
        AND (%(category_id)s::bigint IS NULL OR s.category_id = %(category_id)s)
    GROUP BY s.customer_id
)

SELECT
    c.customer_id,
    c.name,
    b.revenue,
    b.gross_profit,
    b.margin,
    b.share
FROM bought AS b
INNER JOIN crpm.customers AS c ON b.customer_id = c.customer_id
ORDER BY b.gross_profit DESC, c.customer_id ASC
LIMIT %(most_rows)s::integer;
