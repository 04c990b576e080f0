-- The currency that the business counts in.
-- Grain: one row.
SELECT s.base_currency_code
FROM crpm.settings AS s;
