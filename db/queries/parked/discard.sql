-- Throws a parked purchase away, unless another till has it.
-- Grain: one row.
SELECT
    crpm.discard_parked_purchase(
        p_store_id => %(store_id)s::bigint,
        p_request_id => %(request_id)s::uuid,
        p_till_id => %(till_id)s::uuid
    ) AS discarded
