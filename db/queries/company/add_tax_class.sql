-- Adds a class of products that are taxed alike.
-- Grain: one row.
INSERT INTO crpm.tax_classes (name)
VALUES (%(class_name)s)
RETURNING tax_class_id
