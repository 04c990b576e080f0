-- Sets the business up where it is not yet. The demo's invented rates end with its last day, so they never grow too old.
INSERT INTO crpm.settings (company_name, base_currency_code, is_demo, max_rate_age_days)
VALUES (%(company_name)s, %(base_currency)s, %(is_demo)s, CASE WHEN %(is_demo)s THEN 3660 ELSE 7 END)
ON CONFLICT DO NOTHING;
