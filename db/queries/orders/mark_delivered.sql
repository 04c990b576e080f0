-- Notes the day an order reached the customer; null is today at its store.
-- Grain: one row.
SELECT
    crpm.mark_delivered(
        asked.store_id,
        %(order_id)s::bigint,
        coalesce(%(delivered_on)s::date, (now() AT TIME ZONE s.time_zone)::date)
    ) AS delivered
FROM (SELECT %(store_id)s::bigint AS store_id) AS asked
LEFT JOIN crpm.stores AS s ON asked.store_id = s.store_id
