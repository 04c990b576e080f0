-- The orders and lines that are there, {copies} times over, put into the tables without their triggers and keys' checks.
SET session_replication_role = replica;
SET work_mem = '256MB';
INSERT INTO crpm.orders (
    store_id, order_id, order_number, source_system, load_file_id, source_line, customer_id, order_date, ordered_at, delivered_on,
    currency_code, exchange_rate, rate_date, net_amount, tax_amount, total_amount, base_amount, recorded_by, channel
)
OVERRIDING SYSTEM VALUE
SELECT
    o.store_id,
    o.order_id + copy * 1000000 AS order_id,
    o.order_number || '-' || copy AS order_number,
    o.source_system,
    o.load_file_id,
    o.source_line,
    o.customer_id,
    o.order_date,
    o.ordered_at,
    o.delivered_on,
    o.currency_code,
    o.exchange_rate,
    o.rate_date,
    o.net_amount,
    o.tax_amount,
    o.total_amount,
    o.base_amount,
    o.recorded_by,
    o.channel
FROM generate_series(1, {copies} - 1) AS copy
CROSS JOIN crpm.orders AS o;
INSERT INTO crpm.order_lines (
    store_id, order_id, line_number, product_id, quantity, unit_price, discount_amount, tax_rate, tax_amount, line_amount,
    base_unit_price, base_unit_cost, base_amount, moves_stock, load_file_id, source_line
)
SELECT
    l.store_id,
    l.order_id + copy * 1000000 AS order_id,
    l.line_number,
    l.product_id,
    l.quantity,
    l.unit_price,
    l.discount_amount,
    l.tax_rate,
    l.tax_amount,
    l.line_amount,
    l.base_unit_price,
    l.base_unit_cost,
    l.base_amount,
    l.moves_stock,
    l.load_file_id,
    l.source_line
FROM generate_series(1, {copies} - 1) AS copy
CROSS JOIN crpm.order_lines AS l;
INSERT INTO crpm.changed_days (sold_on) SELECT DISTINCT o.order_date FROM crpm.orders AS o;
RESET session_replication_role;
