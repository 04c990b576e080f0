-- Adds somebody who may sign in.
INSERT INTO crpm.users (user_name, role_name, password_hash, store_id)
VALUES (%(user_name)s::text, %(role_name)s::text, %(password_hash)s::text, %(store_id)s::bigint)
