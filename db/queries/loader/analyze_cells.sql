-- Lets the planner know the cells.
ANALYZE staging.cells;
