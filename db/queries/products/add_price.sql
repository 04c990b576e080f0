-- Give a product a list price from now on; the ones before stay as history.
-- Grain: one new row.
INSERT INTO crpm.product_prices (product_id, currency_code, unit_price)
VALUES (%(product_id)s, %(currency_code)s, %(unit_price)s)
