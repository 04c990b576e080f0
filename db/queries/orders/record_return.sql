-- Takes pieces of a line back; the refund is their share of what was charged.
-- Grain: one row.
SELECT
    r.return_number,
    r.refund_amount,
    r.currency_code
FROM crpm.record_return(
    p_store_id => %(store_id)s::bigint,
    p_order_id => %(order_id)s::bigint,
    p_line_number => %(line_number)s::integer,
    p_quantity => %(quantity)s::numeric,
    p_reason => %(reason)s::text,
    p_is_restocked => %(is_restocked)s::boolean,
    p_request_id => %(request_id)s::uuid,
    p_refund_method => %(refund_method)s::text
) AS r
