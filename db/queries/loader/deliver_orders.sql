-- Notes the day of delivery of recorded orders that did not have one.
WITH delivered AS (
    UPDATE crpm.orders AS o
    SET delivered_on = g.delivered_on
    FROM staging.orders AS g
    WHERE
        g.becomes_delivered AND g.contradiction IS NULL
        AND o.store_id = g.store_id AND o.order_id = g.order_id
    RETURNING o.store_id, o.order_id, o.delivered_on, o.load_file_id
)

INSERT INTO crpm.load_changes (load_id, table_name, row_key, old_values, new_values)
SELECT
    %(load_id)s::integer AS load_id,
    'orders' AS table_name,
    d.store_id || '/' || d.order_id AS row_key,
    jsonb_build_object('delivered_on', NULL, 'load_file_id', d.load_file_id) AS old_values,
    jsonb_build_object('delivered_on', d.delivered_on) AS new_values
FROM delivered AS d;
