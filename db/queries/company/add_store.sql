-- Adds a shop, or the online shop, which has no country.
INSERT INTO crpm.stores (name, is_online, country_code, currency_code, time_zone)
VALUES (%(store_name)s, %(is_online)s, %(country_code)s, %(currency_code)s, %(time_zone)s)
