-- Keeps with a file how many of its rows have text that was read in a wrong encoding before, and an example.
UPDATE crpm.load_files AS lf
SET
    notes = lf.notes || jsonb_build_object(
        'mojibake', jsonb_build_object('rows', %(rows)s::integer, 'line', %(line)s::integer, 'example', %(example)s::text)
    )
WHERE lf.load_file_id = %(load_file_id)s;
