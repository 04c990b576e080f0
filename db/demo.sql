-- What the state of a public demo has besides its data: an account of each role for everybody who comes, and fewer rights.
-- Run as the owner when the state is made (`app.demo`), so that it is the database which refuses, whoever asks.

INSERT INTO crpm.users (user_name, role_name) VALUES
('demo-viewer', 'crpm_viewer'),
('demo-analyst', 'crpm_analyst'),
('demo-clerk', 'crpm_clerk'),
('demo-manager', 'crpm_manager'),
('demo-admin', 'crpm_admin');

-- The accounts are everybody's: nobody adds to them, changes them or gives them a password.
REVOKE INSERT, UPDATE ON crpm.users FROM crpm_admin;
REVOKE EXECUTE ON FUNCTION crpm.set_password, crpm.add_first_admin FROM crpm_app;
-- What goes back every few hours has to remain the demo.
REVOKE EXECUTE ON FUNCTION crpm.remove_demo_data FROM crpm_admin;
REVOKE INSERT, UPDATE ON crpm.settings FROM crpm_admin;
GRANT UPDATE (
    company_name, base_currency_code, time_zone, address, tax_number, receipt_footer, max_rate_age_days, default_reorder_point,
    records_kept_months
) ON crpm.settings TO crpm_admin;
