-- Every trigger is switched on and every constraint holds for all rows.
-- Grain: one row per trigger and per constraint of the schema crpm.
SELECT
    r.kind,
    r.table_name,
    r.rule,
    NOT r.is_in_force AS is_wrong
FROM (
    SELECT
        'trigger' AS kind,
        t.tgrelid::regclass::text AS table_name,
        t.tgname::text AS rule,
        t.tgenabled IN ('O', 'A') AS is_in_force
    FROM pg_catalog.pg_trigger AS t
    INNER JOIN pg_catalog.pg_class AS c ON t.tgrelid = c.oid
    WHERE c.relnamespace = 'crpm'::regnamespace
    UNION ALL
    SELECT
        'constraint' AS kind,
        k.conrelid::regclass::text AS table_name,
        k.conname::text AS rule,
        k.convalidated AS is_in_force
    FROM pg_catalog.pg_constraint AS k
    WHERE k.connamespace = 'crpm'::regnamespace AND k.conrelid <> 0
) AS r
