-- Notes how a statement has ended.
UPDATE crpm.console_runs AS r
SET outcome = %(outcome)s, seconds = %(seconds)s, row_count = %(row_count)s
WHERE r.run_id = %(run_id)s
