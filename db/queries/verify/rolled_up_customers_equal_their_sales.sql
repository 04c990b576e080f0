-- The sales rolled up by day, kind, store and customer are those of the orders, but on days noted as changed since.
-- Grain: one row per such group, in the rollup or among the sales; customer 0 are the walk-ins.
WITH rolled_up AS (
    SELECT
        r.sold_on,
        r.kind,
        r.store_id,
        coalesce(r.recorded_customer_id, 0) AS customer_id,
        sum(r.orders) AS orders,
        sum(r.lines) AS lines,
        sum(r.units) AS units,
        sum(r.revenue) AS revenue,
        sum(r.cost) AS cost
    FROM crpm.sales_by_customer AS r
    WHERE NOT EXISTS (SELECT 1 FROM crpm.changed_days AS c WHERE c.sold_on = r.sold_on)
    GROUP BY r.sold_on, r.kind, r.store_id, coalesce(r.recorded_customer_id, 0)
),

sold AS (
    SELECT
        s.sold_on,
        s.kind,
        s.store_id,
        coalesce(s.recorded_customer_id, 0) AS customer_id,
        count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale') AS orders,
        count(*) AS lines,
        sum(s.units) AS units,
        sum(s.revenue) AS revenue,
        sum(s.cost) AS cost
    FROM analytics.detailed_profits AS s
    WHERE NOT EXISTS (SELECT 1 FROM crpm.changed_days AS c WHERE c.sold_on = s.sold_on)
    GROUP BY s.sold_on, s.kind, s.store_id, coalesce(s.recorded_customer_id, 0)
)

SELECT
    coalesce(r.sold_on, s.sold_on) AS sold_on,
    coalesce(r.kind, s.kind) AS kind,
    coalesce(r.store_id, s.store_id) AS store_id,
    coalesce(r.customer_id, s.customer_id) AS customer_id,
    r.orders AS rolled_up_orders,
    s.orders,
    r.revenue AS rolled_up_revenue,
    s.revenue,
    (r.orders, r.lines, r.units, r.revenue, r.cost) <> (s.orders, s.lines, s.units, s.revenue, s.cost) AS is_wrong
FROM rolled_up AS r
FULL JOIN sold AS s
    ON
        r.sold_on = s.sold_on
        AND r.kind = s.kind
        AND r.store_id = s.store_id
        AND r.customer_id = s.customer_id
