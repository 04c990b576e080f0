-- Notes that whoever acts takes much out at once.
-- Grain: one row, without meaning.
SELECT crpm.note_bulk_read(%(what)s, %(asked)s, %(row_count)s)
