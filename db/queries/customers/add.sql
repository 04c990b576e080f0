-- Add a customer; consent given without a day counts from today.
-- Grain: one row, the new customer's id.
INSERT INTO crpm.customers (
    name, email, phone, gender, birth_date, street, city, state_code, state, postal_code, country_code,
    has_marketing_consent, consent_changed_on, consent_source, notes
)
VALUES (
    %(customer_name)s, %(email)s, %(phone)s, %(gender)s, %(birth_date)s, %(street)s, %(city)s, %(state_code)s, %(state)s,
    %(postal_code)s, %(country_code)s, %(has_marketing_consent)s::boolean,
    coalesce(%(consent_changed_on)s::date, CASE WHEN %(has_marketing_consent)s THEN current_date END), %(consent_source)s, %(notes)s
)
RETURNING customer_id
