-- A shop to measure purchases in: 10 stores, 2,500 products with plenty of stock, 15,000 customers.
INSERT INTO crpm.settings (company_name, base_currency_code) VALUES ('Bench', 'USD');
INSERT INTO crpm.stores (name, country_code, currency_code)
SELECT
    'Store ' || n AS name,
    'US' AS country_code,
    'USD' AS currency_code
FROM generate_series(1, 10) AS n;
INSERT INTO crpm.customers (name) SELECT 'Customer ' || n AS name FROM generate_series(1, 15000) AS n;
INSERT INTO crpm.categories (name) VALUES ('All');
INSERT INTO crpm.subcategories (category_id, name) VALUES (1, 'All');
INSERT INTO crpm.products (sku, name, subcategory_id, tax_class_id)
SELECT
    'P' || n AS sku,
    'Product ' || n AS name,
    1 AS subcategory_id,
    1 AS tax_class_id
FROM generate_series(1, 2500) AS n;
INSERT INTO crpm.product_prices (product_id, currency_code, unit_price)
SELECT
    p.product_id,
    'USD' AS currency_code,
    9.99 AS unit_price
FROM crpm.products AS p;
INSERT INTO crpm.product_costs (product_id, unit_cost)
SELECT
    p.product_id,
    4 AS unit_cost
FROM crpm.products AS p;
SELECT crpm.open_stock(s.store_id, array_agg(p.product_id), array_agg(100000000::numeric)) AS opened
FROM crpm.stores AS s CROSS JOIN crpm.products AS p
GROUP BY s.store_id;
TRUNCATE crpm.audit_log;
ANALYZE;
