-- What whoever asks has lately run in the SQL console, the last first.
-- Grain: one row per run.
SELECT
    r.run_id,
    r.statement,
    r.started_at,
    r.outcome,
    r.seconds,
    r.row_count
FROM crpm.console_runs AS r
WHERE r.user_name = crpm.acting_user()
ORDER BY r.run_id DESC
LIMIT 200
