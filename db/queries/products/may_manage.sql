-- Whether the person acting may change products and read costs.
-- Grain: one row.
SELECT crpm.acts_as('crpm_manager') AS may_manage
