-- Take the person out of a customer, in every place; name is the customer's name, typed.
-- Grain: one row, empty.
SELECT crpm.anonymise_customer(%(customer_id)s::bigint, %(name)s::text) AS done
