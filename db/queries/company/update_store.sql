-- Changes a store that nobody has changed since it was read. What was sold there keeps its currency, tax and day.
UPDATE crpm.stores AS s
SET
    name = %(store_name)s,
    is_online = %(is_online)s,
    country_code = %(country_code)s,
    state = %(state)s,
    currency_code = %(currency_code)s,
    time_zone = %(time_zone)s,
    has_tax_inclusive_prices = %(has_tax_inclusive_prices)s,
    area_m2 = %(area_m2)s,
    opened_on = %(opened_on)s,
    is_active = %(is_active)s
WHERE s.store_id = %(store_id)s AND s.row_version = %(row_version)s
