-- Adds a shop, or the online shop, which has no country.
INSERT INTO crpm.stores (
    name, is_online, country_code, state, currency_code, time_zone, has_tax_inclusive_prices, area_m2, opened_on, is_active
)
VALUES (
    %(store_name)s, %(is_online)s, %(country_code)s, %(state)s, %(currency_code)s, %(time_zone)s, %(has_tax_inclusive_prices)s,
    %(area_m2)s, %(opened_on)s, %(is_active)s
)
