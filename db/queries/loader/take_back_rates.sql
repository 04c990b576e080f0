-- Deletes the exchange rates that a load brought.
DELETE FROM crpm.exchange_rates AS e
USING crpm.load_files AS f
WHERE f.load_id = %(load_id)s AND e.load_file_id = f.load_file_id;
