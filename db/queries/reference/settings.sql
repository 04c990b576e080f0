-- The business as it was set up.
-- Grain: one row, or none before it has been set up.
SELECT
    s.company_name,
    s.base_currency_code,
    s.time_zone,
    s.is_demo,
    s.address,
    s.tax_number,
    s.receipt_footer,
    s.max_rate_age_days,
    s.default_reorder_point,
    s.records_kept_months,
    s.row_version
FROM crpm.settings AS s
LIMIT 1
