-- Notes the day of delivery of recorded orders that did not have one.
UPDATE crpm.orders AS o
SET delivered_on = g.delivered_on
FROM staging.orders AS g
WHERE
    g.becomes_delivered AND g.contradiction IS NULL
    AND o.store_id = g.store_id AND o.order_id = g.order_id;
