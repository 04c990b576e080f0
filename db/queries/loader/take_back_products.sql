-- Deletes the products that a load brought.
DELETE FROM crpm.products AS t
USING staging.going AS g
WHERE g.kind = 'products' AND t.product_id = g.record_id;
