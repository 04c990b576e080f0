-- Gives customers that a load updated back what they were.
UPDATE crpm.customers AS t
SET
    name = m.name,
    gender = m.gender,
    birth_date = m.birth_date,
    email = m.email,
    phone = m.phone,
    street = m.street,
    city = m.city,
    state_code = m.state_code,
    state = m.state,
    postal_code = m.postal_code,
    country_code = m.country_code,
    source_hash = m.source_hash,
    source_values = m.source_values,
    load_file_id = m.load_file_id,
    source_line = m.source_line
FROM crpm.load_changes AS c
INNER JOIN crpm.customers AS o ON c.row_key = o.customer_id::text
CROSS JOIN LATERAL jsonb_populate_record(o, c.old_values) AS m
WHERE c.load_id = %(load_id)s AND c.table_name = 'customers' AND t.customer_id = o.customer_id;
