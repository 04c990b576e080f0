-- Whether there is such a load.
-- Grain: one row, the load's number; none where there is no such load.
SELECT l.load_id
FROM crpm.loads AS l
WHERE l.load_id = %(load_id)s;
