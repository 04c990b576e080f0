-- Records that a load is taken back.
UPDATE crpm.loads AS l
SET status = 'undone'
WHERE l.load_id = %(load_id)s;
