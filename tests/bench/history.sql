-- Years of purchases as the till records them, three lines each, put into the tables without their triggers and keys'
-- checks, which would take hours: {orders} orders.
SET session_replication_role = replica;
SET work_mem = '256MB';
INSERT INTO crpm.orders (
    store_id, order_number, customer_id, order_date, ordered_at, currency_code, exchange_rate, rate_date, net_amount,
    total_amount, base_amount, request_id, request_hash, recorded_by, recorded_at, channel
)
SELECT
    1 + n % 10 AS store_id,
    'H' || n AS order_number,
    1 + floor(random() * 15000) AS customer_id,
    current_date - ({orders} - n)::integer / ({orders} / 1500 + 1) AS order_date,
    now() AS ordered_at,
    'USD' AS currency_code,
    1 AS exchange_rate,
    current_date - ({orders} - n)::integer / ({orders} / 1500 + 1) AS rate_date,
    29.97 AS net_amount,
    29.97 AS total_amount,
    29.97 AS base_amount,
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
    1 + floor(random() * 2500) AS product_id,
    1 AS quantity,
    9.99 AS unit_price,
    9.99 AS line_amount,
    9.99 AS base_unit_price,
    4 AS base_unit_cost,
    9.99 AS base_amount
FROM crpm.orders AS o
CROSS JOIN generate_series(1, 3) AS l (line_number);
INSERT INTO crpm.stock_movements (
    store_id, product_id, movement_type, quantity, occurred_on, order_store_id, order_id, line_number, recorded_by, channel
)
SELECT
    l.store_id,
    l.product_id,
    'sale' AS movement_type,
    -1 AS quantity,
    o.order_date AS occurred_on,
    l.store_id AS order_store_id,
    l.order_id,
    l.line_number,
    'bench' AS recorded_by,
    'app' AS channel
FROM crpm.order_lines AS l
INNER JOIN crpm.orders AS o ON l.store_id = o.store_id AND l.order_id = o.order_id;
INSERT INTO crpm.changed_days (sold_on) SELECT DISTINCT o.order_date FROM crpm.orders AS o;
RESET session_replication_role;
VACUUM ANALYZE crpm.orders, crpm.order_lines, crpm.stock_movements;
CHECKPOINT;
