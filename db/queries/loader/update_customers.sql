-- Updates customers whose rows changed since they were last loaded: in the fields that nobody has edited since.
-- What the file has no column for stays.
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
    source_hash = c.source_hash,
    source_values = coalesce(t.source_values, '{}') || c.file_values,
    load_file_id = c.load_file_id,
    source_line = c.source_line
FROM staging.clean_customers AS c
INNER JOIN crpm.customers AS o ON c.record_id = o.customer_id
CROSS JOIN LATERAL jsonb_populate_record(o, c.taken) AS m
WHERE c.outcome = 'updated' AND t.customer_id = c.record_id;
