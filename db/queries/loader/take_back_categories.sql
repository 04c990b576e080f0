-- Deletes the categories that a load brought.
DELETE FROM crpm.categories AS t
USING staging.going AS g
WHERE g.kind = 'categories' AND t.category_id = g.record_id;
