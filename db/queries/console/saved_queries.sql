-- The queries that whoever asks has saved, by name.
-- Grain: one row per query.
SELECT
    q.name,
    q.statement,
    q.saved_at
FROM crpm.saved_queries AS q
WHERE q.user_name = crpm.acting_user()
ORDER BY crpm.fold(q.name), q.name
LIMIT 1000
