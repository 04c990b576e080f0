-- Deletes the subcategories that a load brought.
DELETE FROM crpm.subcategories AS t
USING staging.going AS g
WHERE g.kind = 'subcategories' AND t.subcategory_id = g.record_id;
