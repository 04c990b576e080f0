-- The figures that a load would move.
-- Grain: one row.
SELECT
    (SELECT count(*) FROM crpm.customers) AS customers,
    (SELECT count(*) FROM crpm.products) AS products,
    (SELECT count(*) FROM crpm.orders) AS orders,
    (SELECT count(*) FROM crpm.order_lines) AS lines,
    (SELECT coalesce(sum(s.revenue), 0) FROM analytics.sales AS s) AS revenue;
