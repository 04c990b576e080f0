-- Sets the company up, once.
INSERT INTO crpm.settings (company_name, base_currency_code, time_zone)
VALUES (%(company_name)s, %(base_currency_code)s, %(time_zone)s)
