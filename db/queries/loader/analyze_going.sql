-- Lets the planner know how many records go.
ANALYZE staging.going;
