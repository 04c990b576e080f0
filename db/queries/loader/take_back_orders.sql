-- Deletes the orders that a load brought.
DELETE FROM crpm.orders AS o
USING crpm.load_files AS f
WHERE f.load_id = %(load_id)s AND o.load_file_id = f.load_file_id;
