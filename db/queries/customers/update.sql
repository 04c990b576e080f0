-- Change a customer's details, unless somebody else has changed the record since it was read as row_version.
-- Grain: the one customer, or none where the version is another by now.
UPDATE crpm.customers AS c
SET
    name = %(customer_name)s,
    email = %(email)s,
    phone = %(phone)s,
    gender = %(gender)s,
    birth_date = %(birth_date)s,
    street = %(street)s,
    city = %(city)s,
    state_code = %(state_code)s,
    state = %(state)s,
    postal_code = %(postal_code)s,
    country_code = %(country_code)s,
    has_marketing_consent = %(has_marketing_consent)s::boolean,
    consent_changed_on = CASE
        WHEN %(consent_changed_on)s::date <> coalesce(c.consent_changed_on, 'infinity') THEN %(consent_changed_on)s::date
        WHEN c.has_marketing_consent = %(has_marketing_consent)s THEN c.consent_changed_on
        ELSE current_date
    END,
    consent_source = %(consent_source)s,
    notes = %(notes)s
WHERE c.customer_id = %(customer_id)s AND c.row_version = %(row_version)s
