-- Updates customers whose rows changed since they were last loaded; what the file has no column for stays.
UPDATE crpm.customers AS t
SET
    name = c.name,
    gender = CASE WHEN r.gender IS NULL THEN t.gender ELSE c.gender END,
    birth_date = CASE WHEN r.birth_date IS NULL THEN t.birth_date ELSE c.birth_date END,
    email = CASE WHEN r.email IS NULL THEN t.email ELSE c.email END,
    phone = CASE WHEN r.phone IS NULL THEN t.phone ELSE c.phone END,
    street = CASE WHEN r.street IS NULL THEN t.street ELSE c.street END,
    city = CASE WHEN r.city IS NULL THEN t.city ELSE c.city END,
    state_code = CASE WHEN r.state_code IS NULL THEN t.state_code ELSE c.state_code END,
    state = CASE WHEN r.state IS NULL THEN t.state ELSE c.state END,
    postal_code = CASE WHEN r.postal_code IS NULL THEN t.postal_code ELSE c.postal_code END,
    country_code = CASE WHEN r.country IS NULL THEN t.country_code ELSE c.country_code END,
    source_hash = c.source_hash,
    load_file_id = c.load_file_id,
    source_line = c.source_line
FROM staging.clean_customers AS c
INNER JOIN staging.customers AS r ON c.load_file_id = r.load_file_id AND c.source_line = r.source_line
WHERE c.outcome = 'updated' AND t.customer_id = c.record_id;
