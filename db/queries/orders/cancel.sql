-- Cancels an order within its day: stock and payments are reversed.
-- Grain: one row.
SELECT crpm.cancel_order(%(store_id)s::bigint, %(order_id)s::bigint, %(reason)s::text) AS cancelled
