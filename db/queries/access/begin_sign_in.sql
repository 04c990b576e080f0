-- Counts a try to sign in, and gives the hash that the password has to fit.
-- Grain: one row; null for a name that cannot sign in.
SELECT crpm.begin_sign_in(p_user_name => %(user_name)s::text, p_address => %(address)s::text) AS password_hash
