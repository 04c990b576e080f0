-- Set the stock of a product at a store to what was counted.
-- Grain: one row, the difference that was booked.
SELECT crpm.adjust_stock(%(store_id)s::bigint, %(product_id)s::bigint, %(counted)s::numeric, %(reason)s::text) AS difference
