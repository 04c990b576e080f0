-- Says how many months records of changes and bulk reads are kept from now on.
UPDATE crpm.settings SET records_kept_months = %(months)s
