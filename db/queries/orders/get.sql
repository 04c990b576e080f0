-- One order with the names that its page and its receipt show.
-- Grain: one row, or none. Moments are written as the clock at the store showed them.
SELECT
    o.store_id,
    o.order_id,
    o.order_number,
    s.name AS store,
    s.state AS store_state,
    k.name AS store_country,
    s.is_online,
    o.customer_id,
    c.name AS customer,
    o.order_date,
    o.order_date = (now() AT TIME ZONE s.time_zone)::date AS is_of_today,
    s.time_zone,
    o.ordered_at AT TIME ZONE s.time_zone AS ordered_at,
    o.delivered_on,
    o.currency_code,
    y.minor_units,
    o.exchange_rate,
    o.rate_date,
    o.status,
    o.net_amount,
    o.tax_amount,
    o.total_amount,
    o.base_amount,
    o.recorded_by,
    o.recorded_at AT TIME ZONE s.time_zone AS recorded_at,
    o.channel,
    o.cancelled_at AT TIME ZONE s.time_zone AS cancelled_at,
    o.cancelled_by,
    o.cancel_reason,
    f.file_name,
    o.source_line
FROM crpm.orders AS o
INNER JOIN crpm.stores AS s ON o.store_id = s.store_id
INNER JOIN crpm.currencies AS y ON o.currency_code = y.currency_code
LEFT JOIN crpm.countries AS k ON s.country_code = k.country_code
LEFT JOIN crpm.customers AS c ON o.customer_id = c.customer_id
LEFT JOIN crpm.load_files AS f ON o.load_file_id = f.load_file_id
WHERE o.store_id = %(store_id)s AND o.order_id = %(order_id)s
