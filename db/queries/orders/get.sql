-- One order with the names that its page shows.
-- Grain: one row, or none.
SELECT
    o.store_id,
    o.order_id,
    o.order_number,
    s.name AS store,
    s.is_online,
    o.customer_id,
    c.name AS customer,
    o.order_date,
    o.order_date = (now() AT TIME ZONE s.time_zone)::date AS is_of_today,
    o.ordered_at,
    o.delivered_on,
    o.currency_code,
    o.exchange_rate,
    o.rate_date,
    o.status,
    o.net_amount,
    o.tax_amount,
    o.total_amount,
    o.base_amount,
    o.recorded_by,
    o.recorded_at,
    o.channel,
    o.cancelled_at,
    o.cancelled_by,
    o.cancel_reason,
    f.file_name,
    o.source_line
FROM crpm.orders AS o
INNER JOIN crpm.stores AS s ON o.store_id = s.store_id
LEFT JOIN crpm.customers AS c ON o.customer_id = c.customer_id
LEFT JOIN crpm.load_files AS f ON o.load_file_id = f.load_file_id
WHERE o.store_id = %(store_id)s AND o.order_id = %(order_id)s
