-- Lets the planner know the records that sales refer to.
ANALYZE crpm.customers, crpm.products, crpm.product_prices, crpm.product_costs, crpm.stores, crpm.exchange_rates;
