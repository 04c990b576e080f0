-- Changes what receipts say about the company, where nobody has changed its settings since they were read.
UPDATE crpm.settings AS s
SET
    address = %(address)s,
    tax_number = %(tax_number)s,
    receipt_footer = %(receipt_footer)s
WHERE s.row_version = %(row_version)s
