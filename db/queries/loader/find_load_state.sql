-- What has become of a load.
-- Grain: one row, a sentence that tells why it cannot be taken back, or null where it may be; none where there is no such load.
SELECT
    CASE
        WHEN u.load_id IS NOT NULL
            THEN format('It was taken back on %%s by %%s already.', to_char(u.undone_at, 'YYYY-MM-DD HH24:MI TZ'), u.undone_by)
        WHEN l.status NOT IN ('loaded', 'unchanged') THEN 'It has not ended.'
        ELSE ''
    END AS problem
FROM crpm.loads AS l
LEFT JOIN crpm.load_undos AS u ON l.load_id = u.load_id
WHERE l.load_id = %(load_id)s;
