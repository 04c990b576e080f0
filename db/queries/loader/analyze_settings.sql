-- Lets the planner know that there is one business: unknown tables count as hundreds of rows.
ANALYZE crpm.settings, crpm.currencies, crpm.countries;
