-- Deletes the prices that a load brought.
DELETE FROM crpm.product_prices AS p
USING crpm.load_changes AS c
WHERE
    c.load_id = %(load_id)s AND c.table_name = 'product_prices'
    AND p.product_id = (c.new_values ->> 'product_id')::bigint
    AND p.currency_code = c.new_values ->> 'currency_code'
    AND p.valid_from = (c.new_values ->> 'valid_from')::timestamptz;
