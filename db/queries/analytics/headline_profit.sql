-- Revenue, cost and gross profit of a period, of the same days one year before, and of the period before.
-- Grain: one row. Cost is the unit cost at the moment of each sale; margin is gross profit by revenue, a share.
-- first_on is the first day with a sale: what begins before it is not compared with.
WITH profits AS (
    SELECT
        'now' AS period,
        s.*
    FROM analytics.profits_of_products(%(from_on)s, %(to_on)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s) AS s
    UNION ALL
    SELECT
        'year before' AS period,
        s.*
    FROM analytics.profits_of_products(%(year_before_from)s, %(year_before_to)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s, %(from_on)s, %(to_on)s) AS s
    UNION ALL
    SELECT
        'previous' AS period,
        s.*
    FROM analytics.profits_of_products(%(previous_from)s, %(previous_to)s, %(store_id)s, %(country_code)s, %(category_id)s, %(segment)s, %(from_on)s, %(to_on)s) AS s
),

figures AS (
    SELECT
        coalesce(sum(s.revenue) FILTER (WHERE s.period = 'now'), 0) AS revenue,
        coalesce(sum(s.revenue) FILTER (WHERE s.period = 'year before'), 0) AS revenue_before,
        coalesce(sum(s.revenue) FILTER (WHERE s.period = 'previous'), 0) AS revenue_previous,
        coalesce(sum(s.cost) FILTER (WHERE s.period = 'now'), 0) AS cost,
        coalesce(sum(s.cost) FILTER (WHERE s.period = 'year before'), 0) AS cost_before,
        coalesce(sum(s.cost) FILTER (WHERE s.period = 'previous'), 0) AS cost_previous
    FROM profits AS s
),

horizon AS (
    SELECT min(o.order_date) AS first_on
    FROM crpm.orders AS o
    WHERE o.status = 'recorded'
)

SELECT
    f.revenue,
    f.cost,
    f.cost_before,
    f.cost_previous,
    h.first_on,
    f.revenue - f.cost AS gross_profit,
    f.revenue_before - f.cost_before AS gross_profit_before,
    f.revenue_previous - f.cost_previous AS gross_profit_previous,
    round((f.revenue - f.cost) / nullif(f.revenue, 0), 4) AS margin,
    round((f.revenue_before - f.cost_before) / nullif(f.revenue_before, 0), 4) AS margin_before,
    round((f.revenue_previous - f.cost_previous) / nullif(f.revenue_previous, 0), 4) AS margin_previous
FROM figures AS f
CROSS JOIN horizon AS h;
