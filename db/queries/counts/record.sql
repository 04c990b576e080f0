-- Type a count sheet back: book the differences to the ledger as of the moment of counting.
-- Grain: one row.
SELECT
    r.counted_lines,
    r.booked_lines,
    r.booked_pieces
FROM crpm.record_count(
    %(count_sheet_id)s::bigint, %(line_numbers)s::integer[], %(counted)s::numeric[], %(counted_at)s::timestamp
) AS r
