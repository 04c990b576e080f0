-- Delete a customer who has no purchases, unless somebody else has changed the record since it was read as row_version.
-- Grain: the one customer, or none where the version is another by now.
DELETE FROM crpm.customers AS c
WHERE c.customer_id = %(customer_id)s AND c.row_version = %(row_version)s
