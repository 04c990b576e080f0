-- Keeps with a file whether the decimals of a column were read behind a point or a comma, and who decided: the column itself or the person.
UPDATE crpm.load_files AS lf
SET
    notes = jsonb_set(
        lf.notes || jsonb_build_object('decimal', coalesce(lf.notes -> 'decimal', '{}')),
        ARRAY['decimal', %(header)s],
        jsonb_build_object('decimal', %(decimal)s::text, 'decided_by', %(decided_by)s::text)
    )
WHERE lf.load_file_id = %(load_file_id)s;
