-- Enters the tax rate of a class in a country from a day on, in the place of the one of that day. What was sold keeps its tax.
INSERT INTO crpm.tax_rates (tax_class_id, country_code, valid_from, tax_rate)
VALUES (%(tax_class_id)s, %(country_code)s, %(valid_from)s, %(tax_rate)s)
ON CONFLICT (tax_class_id, country_code, valid_from) DO UPDATE SET tax_rate = excluded.tax_rate
