-- Functions that could do harm and that whoever asks may execute all the same.
-- Grain: one row per name.
SELECT DISTINCT h.function_name
FROM crpm.harmful_functions AS h
WHERE has_function_privilege(h.function_oid, 'EXECUTE')
ORDER BY h.function_name
LIMIT 10000
