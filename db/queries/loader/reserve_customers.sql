-- Reserves the number of a new customer for each key that only the sales have, where the load is to make such up.
WITH unknown AS (
    SELECT DISTINCT staging.text_of(c.cell) AS source_key
    FROM staging.cells AS c
    WHERE %(create_customers)s::boolean AND c.kind = 'customer' AND c.problem = 'unknown_customer'
),

reserved AS (
    SELECT
        u.source_key,
        nextval('crpm.customers_customer_id_seq') AS customer_id
    FROM unknown AS u
    WHERE length(u.source_key) <= 100
)

UPDATE staging.cells AS c
SET
    record_id = r.customer_id,
    problem = NULL
FROM reserved AS r
WHERE c.kind = 'customer' AND staging.text_of(c.cell) = r.source_key;
