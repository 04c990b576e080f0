-- A large shop to measure lists in: {customers} customers, {products} products at 10 stores, {orders} orders of two lines each,
-- put into the tables without their triggers and keys' checks.
SET session_replication_role = replica;
SET work_mem = '256MB';
SET maintenance_work_mem = '512MB';
INSERT INTO crpm.settings (company_name, base_currency_code) VALUES ('Bench', 'USD');
INSERT INTO crpm.stores (name, country_code, currency_code)
SELECT
    'Store ' || n AS name,
    'US' AS country_code,
    'USD' AS currency_code
FROM generate_series(1, 10) AS n;
INSERT INTO crpm.customers (name, email, phone, city, state, country_code, gender, birth_date, is_active)
SELECT
    initcap(substr(md5('first' || n % 997), 1, 6)) || ' ' || initcap(substr(md5('last' || n % 9973), 1, 8)) AS name,
    'p' || n || '@example.com' AS email,
    '+1 ' || 2000000000 + n AS phone,
    initcap(substr(md5('city' || n % 5003), 1, 7)) AS city,
    'State ' || n % 31 AS state,
    (ARRAY['US', 'US', 'US', 'DE', 'FR', 'GB', 'CA', 'IT', 'NL', 'AU'])[1 + n % 10] AS country_code,
    (ARRAY['female', 'male', NULL])[1 + n % 3] AS gender,
    DATE '1940-01-01' + n % 25000 AS birth_date,
    n % 20 > 0 AS is_active
FROM generate_series(1, {customers}) AS n;
INSERT INTO crpm.categories (name) SELECT 'Category ' || n AS name FROM generate_series(1, 10) AS n;
INSERT INTO crpm.subcategories (category_id, name)
SELECT
    1 + n % 10 AS category_id,
    'Subcategory ' || n AS name
FROM generate_series(1, 100) AS n;
INSERT INTO crpm.products (sku, name, brand, subcategory_id, tax_class_id, reorder_point)
SELECT
    'P-' || n AS sku,
    initcap(substr(md5('adjective' || n % 499), 1, 7)) || ' ' || initcap(substr(md5('noun' || n % 4999), 1, 6)) || ' ' || n AS name,
    'Brand ' || n % 300 AS brand,
    1 + n % 100 AS subcategory_id,
    1 AS tax_class_id,
    n % 7 AS reorder_point
FROM generate_series(1, {products}) AS n;
INSERT INTO crpm.product_prices (product_id, currency_code, unit_price)
SELECT
    p.product_id,
    'USD' AS currency_code,
    p.product_id % 300 + 0.99 AS unit_price
FROM crpm.products AS p;
INSERT INTO crpm.product_costs (product_id, unit_cost)
SELECT
    p.product_id,
    p.product_id % 300 * 0.6 AS unit_cost
FROM crpm.products AS p;
INSERT INTO crpm.stock_levels (store_id, product_id, on_hand)
SELECT
    s.store_id,
    p.product_id,
    (p.product_id * s.store_id) % 40 AS on_hand
FROM crpm.stores AS s
CROSS JOIN crpm.products AS p;
INSERT INTO crpm.orders (
    store_id, order_number, customer_id, order_date, ordered_at, currency_code, exchange_rate, rate_date, net_amount,
    total_amount, base_amount, request_id, request_hash, recorded_by, recorded_at, channel
)
SELECT
    1 + n % 10 AS store_id,
    'H' || n AS order_number,
    1 + floor(random() * {customers}) AS customer_id,
    current_date - ({orders} - n)::integer / ({orders} / 1500 + 1) AS order_date,
    now() AS ordered_at,
    'USD' AS currency_code,
    1 AS exchange_rate,
    current_date - ({orders} - n)::integer / ({orders} / 1500 + 1) AS rate_date,
    19.98 AS net_amount,
    19.98 AS total_amount,
    19.98 AS base_amount,
    gen_random_uuid() AS request_id,
    md5(n::text) AS request_hash,
    'bench' AS recorded_by,
    now() AS recorded_at,
    'app' AS channel
FROM generate_series(1, {orders}) AS n;
INSERT INTO crpm.order_lines (
    store_id, order_id, line_number, product_id, quantity, unit_price, line_amount, base_unit_price, base_unit_cost, base_amount
)
SELECT
    o.store_id,
    o.order_id,
    l.line_number,
    1 + floor(random() ^ 2 * {products}) AS product_id,
    1 AS quantity,
    9.99 AS unit_price,
    9.99 AS line_amount,
    9.99 AS base_unit_price,
    4 AS base_unit_cost,
    9.99 AS base_amount
FROM crpm.orders AS o
CROSS JOIN generate_series(1, 2) AS l (line_number);
INSERT INTO crpm.changed_days (sold_on) SELECT DISTINCT o.order_date FROM crpm.orders AS o;
RESET session_replication_role;
VACUUM ANALYZE;
CHECKPOINT;
