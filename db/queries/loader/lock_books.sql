-- Lets nobody write what a load may have brought until it is taken back: what was looked at must not change meanwhile.
-- In the order in which a purchase takes its locks, so that neither waits for the other in a circle.
LOCK TABLE crpm.customers, crpm.products, crpm.stores, crpm.orders, crpm.order_lines, crpm.stock_movements, crpm.stock_levels,
crpm.payments, crpm.returns, crpm.parked_purchases, crpm.count_sheets, crpm.count_sheet_lines, crpm.daily_closes,
crpm.product_prices, crpm.product_costs, crpm.product_barcodes, crpm.exchange_rates, crpm.categories, crpm.subcategories,
crpm.countries, crpm.users
IN SHARE ROW EXCLUSIVE MODE;
