-- One customer, whole, with the file that brought it and who it was merged into.
-- Grain: one row, or none.
SELECT
    c.customer_id,
    c.name,
    c.email,
    c.phone,
    c.gender,
    c.birth_date,
    c.street,
    c.city,
    c.state_code,
    c.state,
    c.postal_code,
    c.country_code,
    n.name AS country,
    c.has_marketing_consent,
    c.consent_changed_on,
    c.consent_source,
    c.notes,
    c.is_active,
    c.merged_into_customer_id,
    k.name AS merged_into,
    c.anonymised_at,
    c.source_system,
    c.source_key,
    f.file_name,
    c.source_line,
    c.row_version,
    c.created_at,
    c.updated_at
FROM crpm.customers AS c
LEFT JOIN crpm.countries AS n ON c.country_code = n.country_code
LEFT JOIN crpm.customers AS k ON c.merged_into_customer_id = k.customer_id
LEFT JOIN crpm.load_files AS f ON c.load_file_id = f.load_file_id
WHERE c.customer_id = %(customer_id)s
