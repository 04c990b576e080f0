-- Records that a file of a load is read.
-- Grain: one row, the file's number.
INSERT INTO crpm.load_files (load_id, file_name, target, sha256, encoding, delimiter, header)
VALUES (%(load_id)s, %(file_name)s, %(target)s, %(sha256)s, %(encoding)s, %(delimiter)s, %(header)s)
RETURNING load_file_id;
