-- Deletes records of changes and bulk reads that are older than the business keeps them; how many, and how long it keeps them.
-- Grain: one row; records_kept_months is null where they are kept for ever.
SELECT
    (SELECT s.records_kept_months FROM crpm.settings AS s) AS records_kept_months,
    p.pruned_changes,
    p.pruned_reads
FROM crpm.prune_records() AS p
