-- Lets the planner know the orders that were gathered.
ANALYZE staging.orders;
