-- What whoever asks may read of the schemas crpm and analytics, in the order of the screen.
-- Grain: one row per readable column of a table or view. refers_to is the table of its foreign key, empty without one.
SELECT
    n.nspname || '.' || c.relname AS relation,
    coalesce(obj_description(c.oid, 'pg_class'), '') AS relation_comment,
    a.attname AS column_name,
    format_type(a.atttypid, a.atttypmod) AS type_name,
    coalesce(col_description(c.oid, a.attnum), '') AS column_comment,
    coalesce(min(tn.nspname || '.' || t.relname), '') AS refers_to
FROM pg_class AS c
INNER JOIN pg_namespace AS n ON c.relnamespace = n.oid
INNER JOIN pg_attribute AS a ON c.oid = a.attrelid
LEFT JOIN pg_constraint AS k ON c.oid = k.conrelid AND k.contype = 'f' AND a.attnum = any(k.conkey)
LEFT JOIN pg_class AS t ON k.confrelid = t.oid
LEFT JOIN pg_namespace AS tn ON t.relnamespace = tn.oid
WHERE
    n.nspname IN ('crpm', 'analytics')
    AND c.relkind IN ('r', 'v', 'm', 'p')
    AND c.relname <> 'harmful_functions'
    AND a.attnum > 0 AND NOT a.attisdropped
    AND has_column_privilege(c.oid, a.attnum, 'SELECT')
GROUP BY n.nspname, c.relname, c.oid, a.attname, a.attnum, a.atttypid, a.atttypmod
ORDER BY n.nspname, c.relname, a.attnum
LIMIT 5000
