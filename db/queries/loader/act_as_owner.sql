-- Acts as the owner of the tables for the rest of the transaction, with room to join and sort whole files in memory.
-- Compiling queries just in time costs more than it saves here. Fingerprints hold dates as text, always in the same style.
-- Grain: one row.
SELECT
    set_config('role', 'crpm_owner', TRUE) AS role_name,
    set_config('datestyle', 'ISO, YMD', TRUE) AS datestyle,
    set_config('work_mem', '64MB', TRUE) AS work_mem,
    set_config('jit', 'off', TRUE) AS jit;
