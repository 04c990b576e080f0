-- Notes which column of a file feeds a field, for messages to name it.
INSERT INTO staging.fields (load_file_id, field, header)
VALUES (%(load_file_id)s, %(field)s, %(header)s);
