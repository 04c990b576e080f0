-- Change price, status or category of many products in one piece.
-- Grain: one row, the bulk change, which can be taken back.
SELECT crpm.change_products(%(product_ids)s::bigint[], %(kind)s, %(target)s, %(percent)s, %(ending)s) AS bulk_change_id
