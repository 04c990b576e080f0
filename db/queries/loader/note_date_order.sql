-- Keeps with a file in which order the dates of a column were read, and who decided: the column itself or the person; and
-- whether its dates with the year first were swapped back.
UPDATE crpm.load_files AS lf
SET
    notes = jsonb_set(
        lf.notes || jsonb_build_object('date_order', coalesce(lf.notes -> 'date_order', '{}')),
        ARRAY['date_order', %(header)s],
        jsonb_build_object('order', %(date_order)s::text, 'decided_by', %(decided_by)s::text)
        || CASE WHEN %(is_swapped_back)s THEN '{"is_swapped_back": true}'::jsonb ELSE '{}' END
    )
WHERE lf.load_file_id = %(load_file_id)s;
