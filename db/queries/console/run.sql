-- One statement that whoever asks has run.
-- Grain: one row, or none where it is not theirs or was forgotten.
SELECT
    r.run_id,
    r.statement,
    r.started_at,
    r.outcome,
    r.seconds,
    r.row_count
FROM crpm.console_runs AS r
WHERE r.run_id = %(run_id)s AND r.user_name = crpm.acting_user()
ORDER BY r.run_id
LIMIT 1
