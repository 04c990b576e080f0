-- The latest load.
-- Grain: one row, its number; null before the first.
SELECT max(l.load_id) AS load_id
FROM crpm.loads AS l;
