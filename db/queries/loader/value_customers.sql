-- Notes what the rows about customers say by column of the record, and of updates what was last loaded and what is there now.
-- A column that the file does not have says nothing.
UPDATE staging.clean_customers AS c
SET
    file_values = jsonb_build_object(
        'name', k.name,
        'gender', k.gender,
        'birth_date', k.birth_date,
        'email', k.email,
        'phone', k.phone,
        'street', k.street,
        'city', k.city,
        'state_code', k.state_code,
        'state', k.state,
        'postal_code', k.postal_code,
        'country_code', k.country_code
    ) - ARRAY[
        CASE WHEN r.gender IS NULL THEN 'gender' END,
        CASE WHEN r.birth_date IS NULL THEN 'birth_date' END,
        CASE WHEN r.email IS NULL THEN 'email' END,
        CASE WHEN r.phone IS NULL THEN 'phone' END,
        CASE WHEN r.street IS NULL THEN 'street' END,
        CASE WHEN r.city IS NULL THEN 'city' END,
        CASE WHEN r.state_code IS NULL THEN 'state_code' END,
        CASE WHEN r.state IS NULL THEN 'state' END,
        CASE WHEN r.postal_code IS NULL THEN 'postal_code' END,
        CASE WHEN r.country IS NULL THEN 'country_code' END
    ],
    loaded_values = t.source_values,
    now_values = CASE
        WHEN t.customer_id IS NOT NULL THEN jsonb_build_object(
            'name', t.name,
            'gender', t.gender,
            'birth_date', t.birth_date,
            'email', t.email,
            'phone', t.phone,
            'street', t.street,
            'city', t.city,
            'state_code', t.state_code,
            'state', t.state,
            'postal_code', t.postal_code,
            'country_code', t.country_code
        )
    END
FROM staging.clean_customers AS k
INNER JOIN staging.customers AS r ON k.load_file_id = r.load_file_id AND k.source_line = r.source_line
LEFT JOIN crpm.customers AS t ON k.record_id = t.customer_id
WHERE
    (k.outcome IS NULL OR k.outcome = 'updated')
    AND c.load_file_id = k.load_file_id AND c.source_line = k.source_line;
