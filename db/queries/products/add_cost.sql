-- Give a product a cost in base currency from now on; the ones before stay as history.
-- Grain: one new row.
INSERT INTO crpm.product_costs (product_id, unit_cost)
VALUES (%(product_id)s, %(unit_cost)s)
