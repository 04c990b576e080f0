-- Deletes the stores that a load brought.
DELETE FROM crpm.stores AS t
USING staging.going AS g
WHERE g.kind = 'stores' AND t.store_id = g.record_id;
