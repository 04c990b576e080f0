-- Gathers the orders of the lines that are not rejected, each with its number here: that of the recorded order which it
-- continues or repeats, or a new one, in the order of days. An order is delivered when all its lines are.
-- Grain: one row per order number.
INSERT INTO staging.orders (
    order_number, order_id, store_id, customer_id, order_date, delivered_on, currency_code, exchange_rate, rate_date,
    load_file_id, source_line, is_recorded, becomes_delivered, contradiction
)
WITH gathered AS (
    SELECT
        c.order_number,
        min(c.store_id) AS store_id,
        min(c.customer_id) AS customer_id,
        min(c.order_date) AS order_date,
        CASE WHEN count(c.delivered_on) = count(*) THEN max(c.delivered_on) END AS delivered_on,
        min(c.currency_code) AS currency_code,
        min(c.exchange_rate) AS exchange_rate,
        min(c.rate_date) AS rate_date,
        -- File and line in one number, so that both are of the same row.
        min((c.load_file_id::bigint << 32) + c.source_line) AS origin
    FROM staging.clean_sales AS c
    WHERE c.outcome IS NULL
    GROUP BY c.order_number
    ORDER BY min(c.order_date), c.order_number
)

SELECT
    g.order_number,
    coalesce(o.order_id, nextval('crpm.orders_order_id_seq')) AS order_id,
    g.store_id,
    g.customer_id,
    g.order_date,
    g.delivered_on,
    g.currency_code,
    g.exchange_rate,
    g.rate_date,
    (g.origin >> 32)::integer AS load_file_id,
    (g.origin & 4294967295)::integer AS source_line,
    o.order_id IS NOT NULL AS is_recorded,
    o.order_id IS NOT NULL AND o.delivered_on IS NULL AND g.delivered_on IS NOT NULL AS becomes_delivered,
    CASE
        WHEN o.order_id IS NULL THEN NULL
        WHEN o.store_id <> g.store_id THEN ARRAY['store_key', 'contradicts_order', kept.name]
        WHEN coalesce(o.customer_id, 0) <> coalesce(g.customer_id, 0)
            THEN ARRAY['customer_key', 'contradicts_order', coalesce('customer ' || o.customer_id, 'a walk-in')]
        WHEN o.order_date <> g.order_date THEN ARRAY['order_date', 'contradicts_order', o.order_date::text]
        WHEN o.currency_code <> g.currency_code THEN ARRAY['currency_code', 'contradicts_order', o.currency_code]
        WHEN o.delivered_on <> g.delivered_on THEN ARRAY['delivered_on', 'contradicts_order', o.delivered_on::text]
        WHEN o.status = 'cancelled' THEN ARRAY['order_number', 'order_is_cancelled', o.cancelled_at::date::text]
    END AS contradiction
FROM gathered AS g
LEFT JOIN crpm.orders AS o ON o.source_system = %(source_system)s AND g.order_number = o.order_number
LEFT JOIN crpm.stores AS kept ON o.store_id = kept.store_id
ORDER BY g.order_date, g.order_number;
