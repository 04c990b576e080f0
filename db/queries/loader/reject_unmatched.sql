-- Rejects the rows, of files that have any, whose lookup in another file has no match.
UPDATE staging.clean_rows AS c
SET
    outcome = 'rejected',
    problem = r.unmatched
FROM unnest(%(unmatched_file_ids)s::integer[]) AS f (load_file_id)
INNER JOIN staging.source_rows AS r ON f.load_file_id = r.load_file_id
WHERE
    cardinality(%(unmatched_file_ids)s::integer[]) > 0
    AND r.unmatched IS NOT NULL
    AND c.load_file_id = r.load_file_id AND c.source_line = r.source_line;
