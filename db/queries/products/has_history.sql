-- Whether a product has been sold or has had stock, and so is never deleted.
-- Grain: one row.
SELECT
    EXISTS (SELECT 1 FROM crpm.order_lines AS l WHERE l.product_id = %(product_id)s)
    OR EXISTS (SELECT 1 FROM crpm.stock_levels AS l WHERE l.product_id = %(product_id)s)
    OR EXISTS (SELECT 1 FROM crpm.stock_movements AS m WHERE m.product_id = %(product_id)s) AS has_history
