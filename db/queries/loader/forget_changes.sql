-- Forgets what a load had changed.
DELETE FROM crpm.load_changes AS c
WHERE c.load_id = %(load_id)s;
