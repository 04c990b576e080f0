-- Empties staging; the children of the two parents are emptied with them.
TRUNCATE
staging.source_rows, staging.fields, staging.cells, staging.clean_rows, staging.orders, staging.short_stock,
staging.day_rates, staging.list_prices;
