\set store random(1, 10)
\set customer random(1, 15000)
\set a {product}
\set b {product}
\set c {product}
WITH o AS (INSERT INTO crpm.orders (store_id, order_number, customer_id, order_date, ordered_at, currency_code, exchange_rate, rate_date, net_amount, tax_amount, total_amount, base_amount, request_id, request_hash, recorded_by, channel) VALUES (:store, gen_random_uuid()::text, :customer, current_date, now(), 'USD', 1, current_date, 39.96, 0, 39.96, 39.96, gen_random_uuid(), 'x', 'bench', 'sql') RETURNING store_id, order_id) INSERT INTO crpm.order_lines (store_id, order_id, line_number, product_id, quantity, unit_price, line_amount, base_unit_price, base_unit_cost, base_amount, moves_stock) SELECT o.store_id, o.order_id, l.line_number, l.product_id, l.quantity, 9.99, 9.99, 9.99, 4, 9.99, FALSE FROM o, (VALUES (1, :a::bigint, 1), (2, :b, 2), (3, :c, 1)) AS l (line_number, product_id, quantity);
