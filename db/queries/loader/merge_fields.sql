-- Decides which fields of updates are taken from the file: those that nobody has edited since they were last loaded.
UPDATE staging.keyed_rows AS k
SET
    taken = coalesce(
        (
            SELECT jsonb_object_agg(f.key, f.value)
            FROM jsonb_each(k.file_values) AS f
            WHERE coalesce(k.now_values -> f.key, 'null') = coalesce(k.loaded_values -> f.key, 'null')
        ),
        '{}'
    )
WHERE k.outcome = 'updated' AND k.now_values IS NOT NULL AND k.taken IS NULL;
