-- Records that a load is taken back, under the role of whoever asked: who may not is refused here.
INSERT INTO crpm.load_undos (load_id)
VALUES (%(load_id)s);
