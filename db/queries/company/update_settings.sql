-- Changes the company's settings, where nobody has changed them since they were read.
UPDATE crpm.settings AS s
SET
    company_name = %(company_name)s,
    base_currency_code = %(base_currency_code)s,
    time_zone = %(time_zone)s,
    address = %(address)s,
    tax_number = %(tax_number)s,
    receipt_footer = %(receipt_footer)s,
    max_rate_age_days = %(max_rate_age_days)s,
    default_reorder_point = %(default_reorder_point)s,
    records_kept_months = %(records_kept_months)s
WHERE s.row_version = %(row_version)s
