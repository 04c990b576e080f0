-- Keeps with a file the columns that feed no field.
UPDATE crpm.load_files AS lf
SET notes = lf.notes || jsonb_build_object('unread_columns', to_jsonb(%(headers)s::text[]))
WHERE lf.load_file_id = %(load_file_id)s;
