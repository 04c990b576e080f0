-- Adds returns; triggers count their pieces on the line and put them on the shelf.
-- Product before store, the one order in which everything that moves stock takes its locks.
INSERT INTO crpm.returns (
    store_id, order_id, line_number, return_number, quantity, returned_on, received_store_id, is_restocked, reason,
    line_amount, tax_amount, base_amount, withheld_amount, base_withheld_amount, source_system, source_key, source_hash,
    load_file_id, source_line
)
SELECT
    c.store_id,
    c.order_id,
    c.line_number,
    c.return_number,
    c.quantity,
    c.returned_on,
    c.received_store_id,
    c.is_restocked,
    c.reason,
    c.line_amount,
    -- Imported lines carry no tax.
    0 AS tax_amount,
    c.base_amount,
    c.withheld_amount,
    c.base_withheld_amount,
    %(source_system)s::text AS source_system,
    c.source_key,
    c.source_hash,
    c.load_file_id,
    c.source_line
FROM staging.clean_returns AS c
INNER JOIN crpm.order_lines AS l
    ON c.store_id = l.store_id AND c.order_id = l.order_id AND c.line_number = l.line_number
WHERE c.outcome IS NULL
ORDER BY l.product_id, c.received_store_id, c.store_id, c.order_id, c.line_number, c.return_number;
