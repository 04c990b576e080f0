-- Lets the planner know what was published.
ANALYZE crpm.orders, crpm.order_lines, crpm.stock_levels, crpm.stock_movements;
