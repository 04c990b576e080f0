-- How many loads there were.
-- Grain: one row.
SELECT count(*) AS loads
FROM crpm.loads;
