-- Deletes the order lines that a load brought.
DELETE FROM crpm.order_lines AS x
USING crpm.load_files AS f
WHERE f.load_id = %(load_id)s AND x.load_file_id = f.load_file_id;
