-- Records that a load begins, under the role of whoever asked: who may not load is refused here.
-- Grain: one row, the load's number.
INSERT INTO crpm.loads (source_system, folder, is_live)
VALUES (%(source_system)s, %(folder)s, %(is_live)s)
RETURNING load_id;
