-- The keys of the customers that a load has made up, as only its sales have them.
-- Grain: one row per customer that no file has brought since.
SELECT c.source_key
FROM crpm.customers AS c
INNER JOIN crpm.load_files AS f ON c.load_file_id = f.load_file_id
WHERE f.load_id = %(load_id)s AND c.is_placeholder
ORDER BY c.load_file_id, c.source_line, c.customer_id
LIMIT 100000;
