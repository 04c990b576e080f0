-- Sets a purchase aside at a store; the same request id again replaces what is parked.
-- Grain: one row.
SELECT
    crpm.park_purchase(
        p_store_id => %(store_id)s::bigint,
        p_request_id => %(request_id)s::uuid,
        p_till_id => %(till_id)s::uuid,
        p_basket => %(basket)s::jsonb,
        p_customer_id => %(customer_id)s::bigint,
        p_note => %(note)s::text
    ) AS parked
