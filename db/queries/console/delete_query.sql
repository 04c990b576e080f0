-- Deletes a saved query of whoever asks.
DELETE FROM crpm.saved_queries AS q
WHERE q.name = btrim(%(query_name)s) AND q.user_name = crpm.acting_user()
