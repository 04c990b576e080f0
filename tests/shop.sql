-- A small invented shop that tests begin with: two shops and the online one, three customers, four products.
INSERT INTO crpm.settings (company_name, base_currency_code) VALUES ('Harbour & Hill', 'USD');
INSERT INTO crpm.stores (name, is_online, country_code, currency_code, opened_on, area_m2) VALUES
('Hamburg', FALSE, 'DE', 'EUR', '2015-03-02', 420),
('Boston', FALSE, 'US', 'USD', '2012-06-01', 610),
('Online', TRUE, NULL, 'USD', '2014-01-01', NULL);
INSERT INTO crpm.customers (name, email, phone, gender, birth_date, city, state_code, state, postal_code, country_code) VALUES
('Zoë Müller', 'zoe@example.com', '+49 40 123456', 'female', '1988-04-12', 'Hamburg', 'HH', 'Hamburg', '20095', 'DE'),
('John Carter', 'john@example.com', NULL, 'male', '1975-11-30', 'Boston', 'MA', 'Massachusetts', '02108', 'US'),
('Sina Okafor', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO crpm.categories (name) VALUES ('Kitchen'), ('Garden');
INSERT INTO crpm.subcategories (category_id, name) VALUES (1, 'Kettles'), (1, 'Knives'), (2, 'Lamps');
INSERT INTO crpm.products (sku, name, brand, color, subcategory_id, tax_class_id, reorder_point) VALUES
('KET-1', 'Kettle 1.7 l', 'Fjordline', 'Steel', 1, 1, 5),
('KNI-1', 'Chef''s knife', 'Castell', 'Black', 2, 1, 3),
('LAM-1', 'Garden lamp', 'Lumo', 'Green', 3, 1, 2),
('LAM-2', 'Path light', 'Lumo', 'Black', 3, 1, 0);
INSERT INTO crpm.product_barcodes (barcode, product_id) VALUES ('4006381333931', 1);
INSERT INTO crpm.product_prices (product_id, currency_code, unit_price) VALUES
(1, 'USD', 49.90), (2, 'USD', 89.00), (3, 'USD', 24.50), (4, 'USD', 12.00);
INSERT INTO crpm.product_costs (product_id, unit_cost) VALUES (1, 21.00), (2, 35.50), (3, 9.80), (4, 4.10);
INSERT INTO crpm.exchange_rates (currency_code, rate_date, units_per_base)
SELECT
    'EUR' AS currency_code,
    current_date - d AS rate_date,
    0.9 AS units_per_base
FROM generate_series(0, 40) AS d;
-- Stock: 20 of each at each store, but none of the path light at Boston.
SELECT crpm.open_stock(1, ARRAY[1, 2, 3, 4], ARRAY[20, 20, 20, 20]::numeric[]) AS hamburg;
SELECT crpm.open_stock(2, ARRAY[1, 2, 3], ARRAY[20, 20, 20]::numeric[]) AS boston;
SELECT crpm.open_stock(3, ARRAY[1, 2, 3, 4], ARRAY[20, 20, 20, 20]::numeric[]) AS online;
