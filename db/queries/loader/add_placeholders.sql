-- Adds a customer for each reserved number whose order is loaded, named after its key, at the first row that has it.
INSERT INTO crpm.customers (
    customer_id, source_system, source_key, load_file_id, source_line, name, source_values, is_placeholder
)
OVERRIDING SYSTEM VALUE
SELECT DISTINCT ON (o.customer_id)
    o.customer_id,
    %(source_system)s::text AS source_system,
    staging.text_of(r.customer_key) AS source_key,
    o.load_file_id,
    o.source_line,
    'Customer ' || staging.text_of(r.customer_key) || ' (not in the file)' AS name,
    -- Nobody has edited it: the file that brings the customer fills every field.
    jsonb_build_object('name', 'Customer ' || staging.text_of(r.customer_key) || ' (not in the file)') AS source_values,
    TRUE AS is_placeholder
FROM staging.orders AS o
INNER JOIN staging.sales AS r ON o.load_file_id = r.load_file_id AND o.source_line = r.source_line
WHERE
    %(create_customers)s::boolean
    AND EXISTS (
        SELECT 1
        FROM staging.clean_sales AS s
        WHERE o.order_number = s.order_number AND s.outcome IS NULL
    )
    AND NOT EXISTS (
        SELECT 1
        FROM crpm.customers AS c
        WHERE o.customer_id = c.customer_id
    )
    AND o.customer_id IS NOT NULL
ORDER BY o.customer_id, o.load_file_id, o.source_line;
