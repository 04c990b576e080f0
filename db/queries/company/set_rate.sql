-- Enters the rate of a currency on a day, in the place of the one there is. What was sold keeps the rate it was sold at.
INSERT INTO crpm.exchange_rates (currency_code, rate_date, units_per_base)
VALUES (%(currency_code)s, %(rate_date)s, %(units_per_base)s)
ON CONFLICT (currency_code, rate_date) DO UPDATE SET units_per_base = excluded.units_per_base
