-- The whole database of CRPM, readable from top to bottom: roles, truth (crpm), analytics, staging, rights.
-- Run once into an empty database by db/install.py, as a login that may create roles and schemas.
-- PostgreSQL 15 or newer. Money is numeric, rounded to the currency's minor unit where it is written.

-- ---------------------------------------------------------------- roles
-- crpm_owner owns everything and cannot log in. crpm_app is the app's login: it owns nothing, inherits nothing,
-- and takes a user's role for each transaction (SET LOCAL ROLE). crpm_every_store marks the roles that see every store,
-- whoever they are given to; viewers and clerks may be tied to one. crpm_console is the login of the SQL console: member of
-- nothing, reads alone, and nothing of people. crpm_personal_data is nobody's at first: it lets an analyst who is given it read
-- who the customers are. Roles belong to the whole server, so several databases of one server share them.

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY[
        'crpm_owner', 'crpm_every_store', 'crpm_personal_data', 'crpm_viewer', 'crpm_analyst', 'crpm_clerk', 'crpm_manager', 'crpm_admin'
    ] LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles AS r WHERE r.rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        END IF;
    END LOOP;
    IF NOT EXISTS (SELECT 1 FROM pg_roles AS r WHERE r.rolname = 'crpm_app') THEN
        CREATE ROLE crpm_app LOGIN NOINHERIT;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM pg_roles AS r WHERE r.rolname = 'crpm_console') THEN
        CREATE ROLE crpm_console LOGIN NOINHERIT CONNECTION LIMIT 20;
        ALTER ROLE crpm_console SET default_transaction_read_only = on;
        ALTER ROLE crpm_console SET statement_timeout = '60s';
        ALTER ROLE crpm_console SET lock_timeout = '5s';
        ALTER ROLE crpm_console SET idle_in_transaction_session_timeout = '60s';
        ALTER ROLE crpm_console SET work_mem = '16MB';
        ALTER ROLE crpm_console SET max_parallel_workers_per_gather = 1;
        IF (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
            ALTER ROLE crpm_console SET temp_file_limit = '1GB';
        END IF;
    END IF;
    GRANT crpm_viewer TO crpm_clerk;
    GRANT crpm_clerk TO crpm_manager;
    GRANT crpm_every_store TO crpm_manager, crpm_analyst;
    GRANT crpm_manager TO crpm_admin;
    GRANT crpm_viewer, crpm_analyst, crpm_clerk, crpm_manager, crpm_admin TO crpm_app;
    EXECUTE format('GRANT crpm_owner, crpm_app TO %I', current_user);
    EXECUTE format('GRANT CONNECT, TEMPORARY, CREATE ON DATABASE %I TO crpm_owner', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO crpm_console', current_database());
END
$$;

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;

SET LOCAL ROLE crpm_owner;

CREATE SCHEMA crpm;
COMMENT ON SCHEMA crpm IS 'The truth: customers, products, stock and purchases, with the rules that hold them.';
CREATE SCHEMA analytics;
COMMENT ON SCHEMA analytics IS 'Views over the truth, for the screens and for psql. They carry customer ids, no personal data.';
CREATE SCHEMA staging;
COMMENT ON SCHEMA staging IS 'Raw rows of files while they are being loaded; empty between loads.';

ALTER DEFAULT PRIVILEGES FOR ROLE crpm_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE TABLE crpm.schema_versions (
    version integer,
    name text NOT NULL,
    file_checksum text,
    schema_checksum text,
    applied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT schema_versions_pkey PRIMARY KEY (version)
);
COMMENT ON TABLE crpm.schema_versions IS
'Which versions of this schema the database was built with or migrated through; the newest is the one it has. Filled by db/install.py.';
COMMENT ON COLUMN crpm.schema_versions.file_checksum IS 'SHA-256 of the migration''s file; null for the first version, which has none.';
COMMENT ON COLUMN crpm.schema_versions.schema_checksum IS
'SHA-256 of the schema.sql, without its comments, that the database is equal to; null for versions only passed through.';

-- ---------------------------------------------------------------- who acts

CREATE FUNCTION crpm.acting_user() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN pg_has_role(session_user, 'crpm_app', 'MEMBER')
            THEN coalesce(nullif(current_setting('crpm.user_name', TRUE), ''), session_user::text)
        ELSE session_user::text
    END
$$;
COMMENT ON FUNCTION crpm.acting_user() IS
'Who acts: the name the app has set for this transaction (setting crpm.user_name), which counts for the app''s login only; for everybody else the login itself.';

CREATE FUNCTION crpm.acting_channel() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN pg_has_role(session_user, 'crpm_app', 'MEMBER')
            THEN coalesce(nullif(current_setting('crpm.channel', TRUE), ''), 'sql')
        ELSE 'sql'
    END
$$;
COMMENT ON FUNCTION crpm.acting_channel() IS 'Through what they act: app, loader, or sql for everything else.';

CREATE FUNCTION crpm.acts_as(p_role text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT pg_has_role(coalesce(nullif(current_setting('role'), 'none'), session_user::text)::name, p_role::name, 'USAGE')
$$;
COMMENT ON FUNCTION crpm.acts_as(text) IS
'Whether the person acting has a role, also inside a SECURITY DEFINER function, where current_user is the owner.';

CREATE FUNCTION crpm.fold(p_text text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT lower(public.unaccent('public.unaccent'::regdictionary, p_text))
$$;
COMMENT ON FUNCTION crpm.fold(text) IS
'Text without case and accents, for searching and sorting alike on every server: "Müller" and "muller" are one. Dictionary and function are named in full so that a dump restores.';

CREATE FUNCTION crpm.is_nearly(p_typed text, p_text text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT crpm.fold(p_typed) OPERATOR(public.<%) p_text
$$;
COMMENT ON FUNCTION crpm.is_nearly(text, text) IS
'Whether most of what somebody typed is in a folded text, though not just so: by the share of three letters in a row that both have.';

CREATE FUNCTION crpm.phone_digits(p_phone text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT nullif(regexp_replace(p_phone, 'e?xt?[.:= ]*[0-9]+$|[^0-9]', '', 'gi'), '')
$$;
COMMENT ON FUNCTION crpm.phone_digits(text) IS 'The digits of a phone without its extension: phones are searched and compared by them.';

-- ---------------------------------------------------------------- shared trigger functions

CREATE FUNCTION crpm.tg_any__bump_row_version() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.row_version := OLD.row_version + 1;
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION crpm.tg_any__bump_row_version() IS
'Counts a row''s versions, so that a second person saving the same record is told and overwrites nothing.';

CREATE TABLE crpm.audit_log (
    audit_id bigint GENERATED ALWAYS AS IDENTITY,
    table_name text NOT NULL,
    row_key text NOT NULL,
    action text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT crpm.acting_user(),
    channel text NOT NULL DEFAULT crpm.acting_channel(),
    old_values jsonb,
    new_values jsonb,
    CONSTRAINT audit_log_pkey PRIMARY KEY (audit_id),
    CONSTRAINT audit_log_action_is_known CHECK (action IN ('insert', 'update', 'delete'))
);
COMMENT ON TABLE crpm.audit_log IS
'Who changed what, when, from what to what, through which channel. Append-only. Orders, returns, movements and loads carry the same themselves, but for the day of a delivery.';
COMMENT ON COLUMN crpm.audit_log.row_key IS 'The changed row''s key; parts of a compound key are joined by a slash.';
COMMENT ON COLUMN crpm.audit_log.old_values IS 'The changed columns before; the whole row of a deletion.';
COMMENT ON COLUMN crpm.audit_log.new_values IS 'The changed columns after; the whole row of an insertion.';
CREATE INDEX audit_log_row_idx ON crpm.audit_log (table_name, row_key, audit_id);
COMMENT ON INDEX crpm.audit_log_row_idx IS 'Serves the change history on a card.';
CREATE INDEX audit_log_changed_idx ON crpm.audit_log (changed_at);
COMMENT ON INDEX crpm.audit_log_changed_idx IS 'Serves crpm.activity, the latest first, and pruning.';

CREATE TABLE crpm.bulk_reads (
    bulk_read_id bigint GENERATED ALWAYS AS IDENTITY,
    what text NOT NULL,
    asked jsonb NOT NULL,
    row_count integer,
    read_at timestamptz NOT NULL DEFAULT now(),
    read_by text NOT NULL DEFAULT crpm.acting_user(),
    channel text NOT NULL DEFAULT crpm.acting_channel(),
    CONSTRAINT bulk_reads_pkey PRIMARY KEY (bulk_read_id),
    CONSTRAINT bulk_reads_what_is_known CHECK (
        what IN ('orders', 'purchases', 'all_held', 'customers', 'rejects', 'activity', 'console', 'console_download')
    )
);
COMMENT ON TABLE crpm.bulk_reads IS
'Who took much out at once, when, and what they asked for: files of lists and of persons, and what was run in the SQL console. Append-only.';
COMMENT ON COLUMN crpm.bulk_reads.asked IS 'The filter, the record or the statement.';
COMMENT ON COLUMN crpm.bulk_reads.row_count IS 'Rows that were given; null where that is not known when the file begins.';
CREATE INDEX bulk_reads_read_idx ON crpm.bulk_reads (read_at);
COMMENT ON INDEX crpm.bulk_reads_read_idx IS 'Serves crpm.activity, the latest first, and pruning.';

CREATE FUNCTION crpm.note_bulk_read(p_what text, p_asked jsonb, p_row_count integer) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO crpm.bulk_reads (what, asked, row_count) VALUES (p_what, p_asked, p_row_count)
$$;
COMMENT ON FUNCTION crpm.note_bulk_read IS 'Notes that whoever acts takes much out at once.';

CREATE FUNCTION crpm.tg_any__audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_old jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - ARRAY['search_text', 'sort_name', 'sort_city', 'source_values'] END;
    v_new jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - ARRAY['search_text', 'sort_name', 'sort_city', 'source_values'] END;
    v_key text;
BEGIN
    SELECT string_agg(coalesce(v_new, v_old) ->> part, '/' ORDER BY place)
    INTO v_key
    FROM unnest(TG_ARGV) WITH ORDINALITY AS k (part, place);
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(n.key, n.value)
        INTO v_old, v_new
        FROM jsonb_each(v_old) AS o
        INNER JOIN jsonb_each(v_new) AS n ON o.key = n.key
        WHERE o.value IS DISTINCT FROM n.value AND o.key NOT IN ('row_version', 'updated_at');
        IF v_new IS NULL THEN
            RETURN NULL;
        END IF;
    END IF;
    -- That a password has changed is on record; what it is hashed to is not.
    v_old := CASE WHEN v_old ? 'password_hash' THEN v_old || '{"password_hash": "before"}' ELSE v_old END;
    v_new := CASE WHEN v_new ? 'password_hash' THEN v_new || '{"password_hash": "changed"}' ELSE v_new END;
    INSERT INTO crpm.audit_log (table_name, row_key, action, old_values, new_values)
    VALUES (TG_TABLE_NAME, v_key, lower(TG_OP), v_old, v_new);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_any__audit() IS
'Writes one audit row for a changed row; the trigger''s arguments name the key columns. An update that changes nothing leaves none.';

-- ---------------------------------------------------------------- reference data and settings

CREATE TABLE crpm.currencies (
    currency_code text,
    name text NOT NULL,
    minor_units smallint NOT NULL DEFAULT 2,
    CONSTRAINT currencies_pkey PRIMARY KEY (currency_code),
    CONSTRAINT currencies_code_is_three_capitals CHECK (currency_code ~ '^[A-Z]{3}$'),
    CONSTRAINT currencies_minor_units_are_sensible CHECK (minor_units BETWEEN 0 AND 4)
);
COMMENT ON TABLE crpm.currencies IS 'Currencies by ISO 4217 code.';
COMMENT ON COLUMN crpm.currencies.minor_units IS 'Decimal places of the smallest amount that can be paid: 2 for the euro, 0 for the yen.';

CREATE TABLE crpm.countries (
    country_code text,
    name text NOT NULL,
    continent text NOT NULL,
    currency_code text REFERENCES crpm.currencies ON DELETE RESTRICT,
    CONSTRAINT countries_pkey PRIMARY KEY (country_code),
    CONSTRAINT countries_name_is_unique UNIQUE (name),
    CONSTRAINT countries_code_is_two_capitals CHECK (country_code ~ '^[A-Z]{2}$')
);
COMMENT ON TABLE crpm.countries IS 'Countries by ISO 3166-1 alpha-2 code. A file that names a continent of its own for a country changes it here.';
COMMENT ON COLUMN crpm.countries.currency_code IS 'The currency a new store there is proposed.';
CREATE INDEX countries_currency_idx ON crpm.countries (currency_code);
COMMENT ON INDEX crpm.countries_currency_idx IS 'Serves the foreign key to currencies.';

CREATE TABLE crpm.settings (
    settings_id smallint DEFAULT 1,
    company_name text NOT NULL,
    base_currency_code text NOT NULL REFERENCES crpm.currencies ON DELETE RESTRICT,
    time_zone text NOT NULL DEFAULT 'UTC',
    max_rate_age_days integer NOT NULL DEFAULT 7,
    default_reorder_point integer NOT NULL DEFAULT 5,
    is_demo boolean NOT NULL DEFAULT FALSE,
    address text,
    tax_number text,
    receipt_footer text,
    records_kept_months integer,
    row_version integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT settings_pkey PRIMARY KEY (settings_id),
    CONSTRAINT settings_has_one_row CHECK (settings_id = 1),
    CONSTRAINT settings_company_name_is_not_blank CHECK (btrim(company_name) <> ''),
    CONSTRAINT settings_company_name_is_not_too_long CHECK (length(company_name) <= 200),
    CONSTRAINT settings_receipt_texts_are_not_too_long CHECK (
        length(tax_number) <= 100 AND greatest(length(address), length(receipt_footer)) <= 500
    ),
    CONSTRAINT settings_max_rate_age_is_sensible CHECK (max_rate_age_days BETWEEN 0 AND 3660),
    CONSTRAINT settings_default_reorder_point_is_not_negative CHECK (default_reorder_point >= 0),
    CONSTRAINT settings_records_are_kept_some_months CHECK (records_kept_months BETWEEN 1 AND 1200)
);
COMMENT ON TABLE crpm.settings IS 'The business: one row once it has been set up, none before.';
COMMENT ON COLUMN crpm.settings.base_currency_code IS 'The currency that every figure is kept in beside the one charged. Fixed once there is an order.';
COMMENT ON COLUMN crpm.settings.max_rate_age_days IS 'How old an exchange rate may be and still serve a sale.';
COMMENT ON COLUMN crpm.settings.default_reorder_point IS 'The reorder point of products that come from files.';
COMMENT ON COLUMN crpm.settings.address IS 'The company''s address as receipts show it, in one or more lines.';
COMMENT ON COLUMN crpm.settings.receipt_footer IS 'What stands at the foot of every receipt.';
COMMENT ON COLUMN crpm.settings.records_kept_months IS
'How long it is kept who changed and who read what; null for ever. Orders, stock and loads keep theirs themselves.';
COMMENT ON COLUMN crpm.settings.is_demo IS 'Whether the data is the invented demo, which may be removed as a whole.';

CREATE TABLE crpm.tax_classes (
    tax_class_id bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    CONSTRAINT tax_classes_pkey PRIMARY KEY (tax_class_id),
    CONSTRAINT tax_classes_name_is_unique UNIQUE (name),
    CONSTRAINT tax_classes_name_is_not_too_long CHECK (length(name) <= 200)
);
COMMENT ON TABLE crpm.tax_classes IS 'Kinds of products that are taxed alike.';

CREATE TABLE crpm.tax_rates (
    tax_class_id bigint REFERENCES crpm.tax_classes ON DELETE RESTRICT,
    country_code text REFERENCES crpm.countries ON DELETE RESTRICT,
    valid_from date,
    tax_rate numeric NOT NULL,
    CONSTRAINT tax_rates_pkey PRIMARY KEY (tax_class_id, country_code, valid_from),
    CONSTRAINT tax_rates_rate_is_a_share CHECK (tax_rate >= 0 AND tax_rate < 1)
);
COMMENT ON TABLE crpm.tax_rates IS 'Tax rate of a class in a country from a day on. Where there is none, no tax is charged.';
COMMENT ON COLUMN crpm.tax_rates.tax_rate IS 'A share: 0.19 is 19 percent.';
CREATE INDEX tax_rates_country_idx ON crpm.tax_rates (country_code);
COMMENT ON INDEX crpm.tax_rates_country_idx IS 'Serves the foreign key to countries.';

CREATE TABLE crpm.exchange_rates (
    currency_code text REFERENCES crpm.currencies ON DELETE RESTRICT,
    rate_date date,
    units_per_base numeric NOT NULL,
    load_file_id integer,
    source_line integer,
    CONSTRAINT exchange_rates_pkey PRIMARY KEY (currency_code, rate_date),
    CONSTRAINT exchange_rates_rate_is_positive CHECK (units_per_base > 0)
);
COMMENT ON TABLE crpm.exchange_rates IS 'How many units of a currency one unit of the base currency bought on a day.';

-- ---------------------------------------------------------------- loads

CREATE TABLE crpm.loads (
    load_id integer GENERATED ALWAYS AS IDENTITY,
    source_system text NOT NULL,
    folder text NOT NULL,
    is_live boolean NOT NULL DEFAULT FALSE,
    status text NOT NULL DEFAULT 'running',
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    loaded_by text NOT NULL DEFAULT crpm.acting_user(),
    channel text NOT NULL DEFAULT crpm.acting_channel(),
    money_read numeric NOT NULL DEFAULT 0,
    money_loaded numeric NOT NULL DEFAULT 0,
    money_duplicate numeric NOT NULL DEFAULT 0,
    money_rejected numeric NOT NULL DEFAULT 0,
    unpriced_rows integer NOT NULL DEFAULT 0,
    CONSTRAINT loads_pkey PRIMARY KEY (load_id),
    CONSTRAINT loads_status_is_known CHECK (status IN ('running', 'loaded', 'unchanged', 'undone')),
    CONSTRAINT loads_money_adds_up CHECK (money_read = money_loaded + money_duplicate + money_rejected)
);
COMMENT ON TABLE crpm.loads IS 'One row per load of a folder of files; its money is that of the sales lines, in base currency.';
COMMENT ON COLUMN crpm.loads.is_live IS 'Whether its sales were new and took stock; else they are history, which takes none.';
COMMENT ON COLUMN crpm.loads.unpriced_rows IS 'Sales rows whose price or quantity cannot be read: they are counted in rows, but have no money.';

CREATE TABLE crpm.load_files (
    load_file_id integer GENERATED ALWAYS AS IDENTITY,
    load_id integer NOT NULL REFERENCES crpm.loads ON DELETE CASCADE,
    file_name text NOT NULL,
    target text NOT NULL,
    sha256 text NOT NULL,
    encoding text NOT NULL,
    delimiter text NOT NULL,
    header text[] NOT NULL,
    notes jsonb NOT NULL DEFAULT '{}',
    rows_read integer NOT NULL DEFAULT 0,
    rows_loaded integer NOT NULL DEFAULT 0,
    rows_updated integer NOT NULL DEFAULT 0,
    rows_duplicate integer NOT NULL DEFAULT 0,
    rows_rejected integer NOT NULL DEFAULT 0,
    CONSTRAINT load_files_pkey PRIMARY KEY (load_file_id),
    CONSTRAINT load_files_rows_add_up CHECK (
        rows_read = rows_loaded + rows_updated + rows_duplicate + rows_rejected
    )
);
COMMENT ON TABLE crpm.load_files IS 'The row account of each file of a load: every row read is loaded, updated, duplicate or rejected.';
COMMENT ON COLUMN crpm.load_files.header IS 'The cells of its header line, for its rejected rows to be written out under them.';
COMMENT ON COLUMN crpm.load_files.notes IS
'What was understood of the file: date order and decimal point or comma by column, columns left unread, missing values by column with what was done, and text read in a wrong encoding.';
CREATE INDEX load_files_load_idx ON crpm.load_files (load_id);
COMMENT ON INDEX crpm.load_files_load_idx IS 'Serves the account of a load.';

CREATE TABLE crpm.rejects (
    load_file_id integer REFERENCES crpm.load_files ON DELETE CASCADE,
    line_number integer,
    column_name text,
    reason_code text NOT NULL,
    message text NOT NULL,
    raw_text text NOT NULL,
    record_key text,
    fault_field text,
    other_cells_hash text NOT NULL,
    resolved_by_file integer REFERENCES crpm.load_files ON DELETE RESTRICT,
    resolved_by_line integer,
    resolved_at timestamptz,
    CONSTRAINT rejects_pkey PRIMARY KEY (load_file_id, line_number),
    CONSTRAINT rejects_resolved_is_whole CHECK (num_nonnulls(resolved_by_file, resolved_by_line, resolved_at) IN (0, 3))
);
COMMENT ON TABLE crpm.rejects IS 'Rows that were read and not loaded, with the reason and the raw text, so that they can be mended and loaded again.';
COMMENT ON COLUMN crpm.rejects.record_key IS 'Key of the record that the row is about, as far as it can be read.';
COMMENT ON COLUMN crpm.rejects.fault_field IS 'The field at fault; null where the whole row is.';
COMMENT ON COLUMN crpm.rejects.other_cells_hash IS 'Fingerprint of the cells but the one at fault: the mended row has the same.';
COMMENT ON COLUMN crpm.rejects.resolved_by_file IS
'The file of a later load in which the mended row stands, at resolved_by_line; null while it is open.';
CREATE INDEX rejects_resolved_by_idx ON crpm.rejects (resolved_by_file) WHERE resolved_by_file IS NOT NULL;
COMMENT ON INDEX crpm.rejects_resolved_by_idx IS 'Serves the foreign key, and opening rejects again when a load is taken back.';

CREATE TABLE crpm.load_conflicts (
    load_file_id integer REFERENCES crpm.load_files ON DELETE CASCADE,
    line_number integer,
    field text,
    column_name text,
    record_id bigint NOT NULL,
    was_loaded text,
    in_file text,
    is_now text,
    CONSTRAINT load_conflicts_pkey PRIMARY KEY (load_file_id, line_number, field)
);
COMMENT ON TABLE crpm.load_conflicts IS
'Fields that a file has changed and a person too, differently: what the person entered stays. The file''s target says what the record is.';
COMMENT ON COLUMN crpm.load_conflicts.is_now IS 'What the person entered, when the load met it.';

CREATE TABLE crpm.load_changes (
    load_id integer REFERENCES crpm.loads ON DELETE CASCADE,
    table_name text,
    row_key text,
    old_values jsonb,
    new_values jsonb NOT NULL,
    CONSTRAINT load_changes_pkey PRIMARY KEY (load_id, table_name, row_key)
);
COMMENT ON TABLE crpm.load_changes IS
'What a load changed, for taking it back: rows updated, and rows added to tables whose rows do not name their load. Gone once it is taken back.';
COMMENT ON COLUMN crpm.load_changes.row_key IS 'As in crpm.audit_log: parts of a compound key are joined by a slash.';
COMMENT ON COLUMN crpm.load_changes.old_values IS 'The changed columns before; null where the row was added.';

CREATE INDEX load_changes_row_idx ON crpm.load_changes (table_name, row_key);
COMMENT ON INDEX crpm.load_changes_row_idx IS 'Serves forgetting what loads changed of a customer who is anonymised.';

CREATE TABLE crpm.load_undos (
    load_id integer REFERENCES crpm.loads ON DELETE CASCADE,
    undone_at timestamptz NOT NULL DEFAULT now(),
    undone_by text NOT NULL DEFAULT crpm.acting_user(),
    channel text NOT NULL DEFAULT crpm.acting_channel(),
    CONSTRAINT load_undos_pkey PRIMARY KEY (load_id)
);
COMMENT ON TABLE crpm.load_undos IS 'Which loads were taken back, when, by whom and through what.';

CREATE TABLE crpm.undone_movements (
    load_id integer REFERENCES crpm.loads ON DELETE CASCADE,
    store_id bigint,
    movement_id bigint,
    product_id bigint NOT NULL,
    movement_type text NOT NULL,
    quantity integer NOT NULL,
    occurred_on date NOT NULL,
    order_store_id bigint,
    order_id bigint,
    line_number integer,
    document text,
    reason text,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL,
    channel text NOT NULL,
    CONSTRAINT undone_movements_pkey PRIMARY KEY (load_id, store_id, movement_id)
);
-- The ledger is never deleted, and a load taken back is as if it had never been: so its rows move here.
COMMENT ON TABLE crpm.undone_movements IS
'The ledger rows of loads that were taken back, as they stood. They count no more; their stores and products may be gone.';

ALTER TABLE crpm.exchange_rates ADD CONSTRAINT exchange_rates_load_file_id_fkey
FOREIGN KEY (load_file_id) REFERENCES crpm.load_files ON DELETE RESTRICT;
CREATE INDEX exchange_rates_load_file_idx ON crpm.exchange_rates USING brin (load_file_id);
COMMENT ON INDEX crpm.exchange_rates_load_file_idx IS 'Serves the way back from a load to its rows.';

-- ---------------------------------------------------------------- stores, customers, products

CREATE TABLE crpm.stores (
    store_id bigint GENERATED ALWAYS AS IDENTITY,
    source_system text,
    source_key text,
    source_hash text,
    source_values jsonb,
    load_file_id integer REFERENCES crpm.load_files ON DELETE RESTRICT,
    source_line integer,
    name text NOT NULL,
    is_online boolean NOT NULL DEFAULT FALSE,
    country_code text REFERENCES crpm.countries ON DELETE RESTRICT,
    state text,
    currency_code text NOT NULL REFERENCES crpm.currencies ON DELETE RESTRICT,
    time_zone text NOT NULL DEFAULT 'UTC',
    has_tax_inclusive_prices boolean NOT NULL DEFAULT FALSE,
    opened_on date,
    opening_count_on date,
    is_active boolean NOT NULL DEFAULT TRUE,
    row_version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    area_m2 numeric,
    CONSTRAINT stores_pkey PRIMARY KEY (store_id),
    CONSTRAINT stores_source_key_is_unique UNIQUE (source_system, source_key),
    CONSTRAINT stores_name_is_unique UNIQUE (name),
    CONSTRAINT stores_name_is_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT stores_text_is_not_too_long CHECK (length(name) <= 300 AND length(state) <= 200),
    CONSTRAINT stores_area_is_positive CHECK (area_m2 > 0),
    CONSTRAINT stores_shop_has_a_country CHECK (is_online OR country_code IS NOT NULL)
);
COMMENT ON TABLE crpm.stores IS 'Places that sell: shops, and the online shop.';
COMMENT ON COLUMN crpm.stores.source_values IS 'What was last loaded, by column: where the store differs from it, people have edited it since.';
COMMENT ON COLUMN crpm.stores.currency_code IS 'The currency a sale is in unless another is chosen.';
COMMENT ON COLUMN crpm.stores.has_tax_inclusive_prices IS 'Whether the prices on the shelf contain the tax.';
COMMENT ON COLUMN crpm.stores.opening_count_on IS 'The day its stock was first counted; sales before it are history and cannot be recorded.';
CREATE UNIQUE INDEX stores_only_one_is_online ON crpm.stores (is_online) WHERE is_online;
COMMENT ON INDEX crpm.stores_only_one_is_online IS 'Holds the rule that there is one online shop.';
CREATE INDEX stores_country_idx ON crpm.stores (country_code);
COMMENT ON INDEX crpm.stores_country_idx IS 'Serves the foreign key to countries.';
CREATE INDEX stores_currency_idx ON crpm.stores (currency_code);
COMMENT ON INDEX crpm.stores_currency_idx IS 'Serves the foreign key to currencies.';
CREATE INDEX stores_load_file_idx ON crpm.stores USING brin (load_file_id);
COMMENT ON INDEX crpm.stores_load_file_idx IS 'Serves the way back from a load to its rows.';

CREATE TABLE crpm.customers (
    customer_id bigint GENERATED ALWAYS AS IDENTITY,
    source_system text,
    source_key text,
    source_hash text,
    source_values jsonb,
    load_file_id integer REFERENCES crpm.load_files ON DELETE RESTRICT,
    source_line integer,
    name text NOT NULL,
    email text,
    phone text,
    gender text,
    birth_date date,
    street text,
    city text,
    state_code text,
    state text,
    postal_code text,
    country_code text REFERENCES crpm.countries ON DELETE RESTRICT,
    has_marketing_consent boolean NOT NULL DEFAULT FALSE,
    consent_changed_on date,
    consent_source text,
    notes text,
    is_active boolean NOT NULL DEFAULT TRUE,
    is_placeholder boolean NOT NULL DEFAULT FALSE,
    merged_into_customer_id bigint REFERENCES crpm.customers ON DELETE RESTRICT,
    anonymised_at timestamptz,
    row_version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    sort_name text GENERATED ALWAYS AS (crpm.fold(name)) STORED,
    sort_city text COLLATE pg_catalog."C" GENERATED ALWAYS AS (coalesce(crpm.fold(city), chr(1114111))) STORED,
    search_text text GENERATED ALWAYS AS (
        crpm.fold(
            name || ' ' || coalesce(email, '') || ' ' || coalesce(phone, '') || ' '
            || coalesce(city, '') || ' ' || coalesce(source_key, '') || ' ' || coalesce(crpm.phone_digits(phone), '')
        )
    ) STORED,
    CONSTRAINT customers_pkey PRIMARY KEY (customer_id),
    CONSTRAINT customers_source_key_is_unique UNIQUE (source_system, source_key),
    CONSTRAINT customers_name_is_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT customers_name_is_not_too_long CHECK (length(name) <= 200),
    CONSTRAINT customers_notes_are_not_too_long CHECK (length(notes) <= 10000),
    CONSTRAINT customers_other_text_is_not_too_long CHECK (
        greatest(
            length(email), length(phone), length(street), length(city), length(state_code), length(state),
            length(postal_code), length(consent_source)
        ) <= 320
    ),
    CONSTRAINT customers_email_has_an_at_sign CHECK (email ~ '^[^@\s]+@[^@\s]+$'),
    CONSTRAINT customers_gender_is_known CHECK (gender IN ('female', 'male', 'other')),
    CONSTRAINT customers_birth_date_is_not_before_1900 CHECK (birth_date >= '1900-01-01'::date),
    CONSTRAINT customers_is_not_merged_into_itself CHECK (merged_into_customer_id <> customer_id),
    CONSTRAINT customers_anonymised_is_nobody CHECK (
        anonymised_at IS NULL
        OR (
            name = 'Anonymised customer ' || customer_id::text
            AND num_nonnulls(
                email, phone, gender, birth_date, street, city, state_code, state, postal_code, consent_changed_on, consent_source,
                notes, source_hash, source_values
            ) = 0
            AND NOT has_marketing_consent
            AND NOT is_active
        )
    )
);
COMMENT ON TABLE crpm.customers IS 'People and firms who buy. A customer with history is never deleted: deactivated, merged, or anonymised.';
COMMENT ON COLUMN crpm.customers.gender IS 'female, male or other; null where it is not known.';
COMMENT ON COLUMN crpm.customers.source_hash IS 'Fingerprint of the row as last loaded: loading an old file again does not revert what people have edited since.';
COMMENT ON COLUMN crpm.customers.source_values IS 'What was last loaded, by column: where the record differs from it, people have edited it since. None of an anonymised customer.';
COMMENT ON COLUMN crpm.customers.is_placeholder IS
'True for one that a load made up for a key which only its sales have, until a file brings the customer.';
COMMENT ON COLUMN crpm.customers.merged_into_customer_id IS
'Set on a duplicate: the record that its purchases count with, itself not merged. Follows from crpm.customer_merges.';
COMMENT ON COLUMN crpm.customers.sort_city IS 'The city without case and accents, byte by byte; the last character there is for none, which comes after every city.';
COMMENT ON COLUMN crpm.customers.anonymised_at IS
'Set when the person was taken out, here and wherever else it stood; the country and the source''s key stay, with purchases and totals.';
CREATE INDEX customers_search_idx ON crpm.customers USING gin (search_text public.gin_trgm_ops);
COMMENT ON INDEX crpm.customers_search_idx IS 'Serves searching customers as one types.';
CREATE INDEX customers_sort_name_idx ON crpm.customers (sort_name, customer_id);
COMMENT ON INDEX crpm.customers_sort_name_idx IS 'Serves the customer list in the order of names.';
CREATE INDEX customers_sort_city_idx ON crpm.customers (sort_city, sort_name, customer_id);
COMMENT ON INDEX crpm.customers_sort_city_idx IS 'Serves the customer list in the order of cities, and the filter by city.';
CREATE INDEX customers_country_idx ON crpm.customers (country_code, state);
COMMENT ON INDEX crpm.customers_country_idx IS 'Serves the filters by country and state, the choices of both, and the foreign key.';
CREATE INDEX customers_email_idx ON crpm.customers (lower(email)) WHERE email IS NOT NULL;
COMMENT ON INDEX crpm.customers_email_idx IS 'Serves the question for similar customers: the same e-mail.';
CREATE INDEX customers_phone_idx ON crpm.customers (crpm.phone_digits(phone)) WHERE phone IS NOT NULL;
COMMENT ON INDEX crpm.customers_phone_idx IS 'Serves the question for similar customers: the same phone.';
CREATE INDEX customers_birth_date_idx ON crpm.customers (birth_date) WHERE birth_date IS NOT NULL;
COMMENT ON INDEX crpm.customers_birth_date_idx IS 'Serves the question for similar customers: the same birth date.';
CREATE INDEX customers_postal_code_idx ON crpm.customers (crpm.fold(postal_code)) WHERE postal_code IS NOT NULL;
COMMENT ON INDEX crpm.customers_postal_code_idx IS 'Serves the question for similar customers: the same postal code.';
CREATE INDEX customers_merged_into_idx ON crpm.customers (merged_into_customer_id) WHERE merged_into_customer_id IS NOT NULL;
COMMENT ON INDEX crpm.customers_merged_into_idx IS 'Serves the foreign key, and finding whose purchases count with a customer.';
CREATE INDEX customers_anonymised_idx ON crpm.customers (customer_id) WHERE anonymised_at IS NOT NULL;
COMMENT ON INDEX crpm.customers_anonymised_idx IS 'Serves loads, which forget what rejected rows say of the few customers who are anonymised.';
CREATE INDEX customers_load_file_idx ON crpm.customers USING brin (load_file_id);
COMMENT ON INDEX crpm.customers_load_file_idx IS 'Serves the way back from a load to its rows.';

-- Orders stay with the customer they were recorded for; what counts or lists them follows merged_into_customer_id. So a merge
-- is taken back by forgetting the link, and files that bring the merged key again still find its record.
CREATE TABLE crpm.customer_merges (
    merge_id bigint GENERATED ALWAYS AS IDENTITY,
    customer_id bigint NOT NULL REFERENCES crpm.customers ON DELETE CASCADE,
    into_customer_id bigint NOT NULL REFERENCES crpm.customers ON DELETE CASCADE,
    filled text[] NOT NULL,
    merged_at timestamptz NOT NULL DEFAULT now(),
    merged_by text NOT NULL DEFAULT crpm.acting_user(),
    channel text NOT NULL DEFAULT crpm.acting_channel(),
    taken_back_at timestamptz,
    taken_back_by text,
    CONSTRAINT customer_merges_pkey PRIMARY KEY (merge_id),
    CONSTRAINT customer_merges_join_two CHECK (customer_id <> into_customer_id),
    CONSTRAINT customer_merges_taken_back_is_whole CHECK ((taken_back_at IS NULL) = (taken_back_by IS NULL))
);
COMMENT ON TABLE crpm.customer_merges IS 'Which customers were found to be one person, by whom, and which of these merges were taken back. Written by functions alone.';
COMMENT ON COLUMN crpm.customer_merges.filled IS 'The columns that the record kept had empty and took from the merged one; taking back empties those that are still alike.';
CREATE UNIQUE INDEX customer_merges_customer_is_merged_once ON crpm.customer_merges (customer_id) WHERE taken_back_at IS NULL;
COMMENT ON INDEX crpm.customer_merges_customer_is_merged_once IS 'Holds that a customer is merged into one other at a time.';
CREATE INDEX customer_merges_customer_idx ON crpm.customer_merges (customer_id);
COMMENT ON INDEX crpm.customer_merges_customer_idx IS 'Serves the history of a merged customer and the foreign key.';
CREATE INDEX customer_merges_into_idx ON crpm.customer_merges (into_customer_id);
COMMENT ON INDEX crpm.customer_merges_into_idx IS 'Serves the history of a customer kept, the foreign key, and taking back.';

-- No foreign key: a rollup is as things were when it was worked out, and takes no lock on a million customers.
CREATE TABLE crpm.customer_segments (
    customer_id bigint,
    segment text NOT NULL,
    CONSTRAINT customer_segments_pkey PRIMARY KEY (customer_id)
);
COMMENT ON TABLE crpm.customer_segments IS
'Which segment each customer who has bought is in, by all purchases; who was merged is in that of the record kept. A rollup: see crpm.refresh_segments.';
CREATE INDEX customer_segments_segment_idx ON crpm.customer_segments (segment, customer_id);
COMMENT ON INDEX crpm.customer_segments_segment_idx IS 'Serves the customers of a segment.';

CREATE TABLE crpm.rollups (
    rollup text,
    refreshed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT rollups_pkey PRIMARY KEY (rollup)
);
COMMENT ON TABLE crpm.rollups IS 'When each rollup was last worked out.';

CREATE FUNCTION crpm.records_of_customer(p_customer_id bigint) RETURNS bigint[]
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT array_agg(c.customer_id)
    FROM crpm.customers AS c
    WHERE c.customer_id = p_customer_id OR c.merged_into_customer_id = p_customer_id
$$;
COMMENT ON FUNCTION crpm.records_of_customer(bigint) IS 'The ids under which a customer''s orders were recorded: its own, and those merged into it.';

CREATE TABLE crpm.categories (
    category_id bigint GENERATED ALWAYS AS IDENTITY,
    source_system text,
    source_key text,
    name text NOT NULL,
    CONSTRAINT categories_pkey PRIMARY KEY (category_id),
    CONSTRAINT categories_source_key_is_unique UNIQUE (source_system, source_key),
    CONSTRAINT categories_name_is_unique UNIQUE (name),
    CONSTRAINT categories_name_is_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT categories_name_is_not_too_long CHECK (length(name) <= 200)
);
COMMENT ON TABLE crpm.categories IS 'The upper level of the product tree.';

CREATE TABLE crpm.subcategories (
    subcategory_id bigint GENERATED ALWAYS AS IDENTITY,
    category_id bigint NOT NULL REFERENCES crpm.categories ON DELETE RESTRICT,
    source_system text,
    source_key text,
    name text NOT NULL,
    CONSTRAINT subcategories_pkey PRIMARY KEY (subcategory_id),
    CONSTRAINT subcategories_source_key_is_unique UNIQUE (source_system, source_key),
    CONSTRAINT subcategories_name_is_unique_in_its_category UNIQUE (category_id, name),
    CONSTRAINT subcategories_name_is_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT subcategories_name_is_not_too_long CHECK (length(name) <= 200)
);
COMMENT ON TABLE crpm.subcategories IS 'The lower level of the product tree.';

CREATE TABLE crpm.products (
    product_id bigint GENERATED ALWAYS AS IDENTITY,
    source_system text,
    source_key text,
    source_hash text,
    source_values jsonb,
    load_file_id integer REFERENCES crpm.load_files ON DELETE RESTRICT,
    source_line integer,
    sku text NOT NULL,
    name text NOT NULL,
    brand text,
    color text,
    subcategory_id bigint NOT NULL REFERENCES crpm.subcategories ON DELETE RESTRICT,
    tax_class_id bigint NOT NULL REFERENCES crpm.tax_classes ON DELETE RESTRICT,
    reorder_point integer NOT NULL DEFAULT 0,
    is_active boolean NOT NULL DEFAULT TRUE,
    row_version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    sort_name text GENERATED ALWAYS AS (crpm.fold(name)) STORED,
    search_text text GENERATED ALWAYS AS (crpm.fold(name || ' ' || sku || ' ' || coalesce(brand, ''))) STORED,
    CONSTRAINT products_pkey PRIMARY KEY (product_id),
    CONSTRAINT products_source_key_is_unique UNIQUE (source_system, source_key),
    CONSTRAINT products_sku_is_unique UNIQUE (sku),
    CONSTRAINT products_sku_is_not_blank CHECK (btrim(sku) <> ''),
    CONSTRAINT products_name_is_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT products_text_is_not_too_long CHECK (
        length(name) <= 300 AND greatest(length(sku), length(brand), length(color)) <= 100
    ),
    CONSTRAINT products_reorder_point_is_not_negative CHECK (reorder_point >= 0)
);
COMMENT ON TABLE crpm.products IS 'What is sold. A product with history is never deleted, but deactivated.';
COMMENT ON COLUMN crpm.products.source_values IS
'What was last loaded, by column, list price and cost too: where the product differs from it, people have edited it since.';
COMMENT ON COLUMN crpm.products.sku IS 'Stock keeping unit: the product''s own code.';
COMMENT ON COLUMN crpm.products.reorder_point IS 'At or below so many pieces in a store it is time to reorder.';
CREATE INDEX products_search_idx ON crpm.products USING gin (search_text public.gin_trgm_ops);
COMMENT ON INDEX crpm.products_search_idx IS 'Serves searching products as one types.';
CREATE INDEX products_sort_name_idx ON crpm.products (sort_name, product_id);
COMMENT ON INDEX crpm.products_sort_name_idx IS 'Serves the product list in the order of names.';
CREATE INDEX products_subcategory_idx ON crpm.products (subcategory_id);
COMMENT ON INDEX crpm.products_subcategory_idx IS 'Serves the filter by category and the foreign key.';
CREATE INDEX products_brand_idx ON crpm.products (brand);
COMMENT ON INDEX crpm.products_brand_idx IS 'Serves the filter by brand and its choices.';
CREATE INDEX products_tax_class_idx ON crpm.products (tax_class_id);
COMMENT ON INDEX crpm.products_tax_class_idx IS 'Serves the foreign key to tax classes.';
CREATE INDEX products_load_file_idx ON crpm.products USING brin (load_file_id);
COMMENT ON INDEX crpm.products_load_file_idx IS 'Serves the way back from a load to its rows.';

CREATE TABLE crpm.product_barcodes (
    barcode text,
    product_id bigint NOT NULL REFERENCES crpm.products ON DELETE CASCADE,
    CONSTRAINT product_barcodes_pkey PRIMARY KEY (barcode),
    CONSTRAINT product_barcodes_barcode_is_not_blank CHECK (btrim(barcode) <> '' AND length(barcode) <= 100)
);
COMMENT ON TABLE crpm.product_barcodes IS 'Barcodes, each of one product; a product may have several.';
CREATE INDEX product_barcodes_product_idx ON crpm.product_barcodes (product_id);
COMMENT ON INDEX crpm.product_barcodes_product_idx IS 'Serves the product card and the foreign key.';

CREATE TABLE crpm.product_prices (
    product_id bigint REFERENCES crpm.products ON DELETE CASCADE,
    currency_code text REFERENCES crpm.currencies ON DELETE RESTRICT,
    valid_from timestamptz DEFAULT now(),
    unit_price numeric NOT NULL,
    recorded_by text NOT NULL DEFAULT crpm.acting_user(),
    CONSTRAINT product_prices_pkey PRIMARY KEY (product_id, currency_code, valid_from),
    CONSTRAINT product_prices_price_is_not_negative CHECK (unit_price >= 0)
);
COMMENT ON TABLE crpm.product_prices IS 'List prices per currency and their history: the latest one counts. Recorded sales keep the price they were made at.';
CREATE INDEX product_prices_currency_idx ON crpm.product_prices (currency_code);
COMMENT ON INDEX crpm.product_prices_currency_idx IS 'Serves the foreign key to currencies.';

CREATE TABLE crpm.product_costs (
    product_id bigint REFERENCES crpm.products ON DELETE CASCADE,
    valid_from timestamptz DEFAULT now(),
    unit_cost numeric NOT NULL,
    recorded_by text NOT NULL DEFAULT crpm.acting_user(),
    CONSTRAINT product_costs_pkey PRIMARY KEY (product_id, valid_from),
    CONSTRAINT product_costs_cost_is_not_negative CHECK (unit_cost >= 0)
);
COMMENT ON TABLE crpm.product_costs IS 'What a piece costs the business, in base currency, and its history. Apart from prices because clerks may not read it.';

-- ---------------------------------------------------------------- people who use it

CREATE TABLE crpm.users (
    user_id bigint GENERATED ALWAYS AS IDENTITY,
    user_name text NOT NULL,
    role_name text NOT NULL,
    store_id bigint REFERENCES crpm.stores ON DELETE RESTRICT,
    password_hash text,
    has_password boolean NOT NULL GENERATED ALWAYS AS (password_hash IS NOT NULL) STORED,
    is_active boolean NOT NULL DEFAULT TRUE,
    row_version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_pkey PRIMARY KEY (user_id),
    CONSTRAINT users_name_is_unique UNIQUE (user_name),
    CONSTRAINT users_name_is_plain CHECK (user_name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    CONSTRAINT users_role_is_known CHECK (role_name IN ('crpm_viewer', 'crpm_analyst', 'crpm_clerk', 'crpm_manager', 'crpm_admin')),
    CONSTRAINT users_store_is_of_viewer_or_clerk CHECK (store_id IS NULL OR role_name IN ('crpm_viewer', 'crpm_clerk'))
);
COMMENT ON TABLE crpm.users IS 'People who sign in to the app, each with one role.';
COMMENT ON COLUMN crpm.users.store_id IS 'The one store this person works for; null for all.';
COMMENT ON COLUMN crpm.users.password_hash IS 'Argon2id, with its parameters and salt, as the app has made it. Without one nobody can sign in by that name.';
CREATE INDEX users_store_idx ON crpm.users (store_id);
COMMENT ON INDEX crpm.users_store_idx IS 'Serves the foreign key to stores.';

CREATE FUNCTION crpm.acting_store() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pg_has_role(session_user, 'crpm_app', 'MEMBER') THEN
        RETURN nullif(current_setting('crpm.store_id', TRUE), '');
    END IF;
    RETURN (SELECT u.store_id FROM crpm.users AS u WHERE u.user_name = session_user);
END
$$;
COMMENT ON FUNCTION crpm.acting_store() IS
'The one store that whoever acts works for, null for all: what the app has set for this transaction, and for other logins that of the user of the same name.';

CREATE FUNCTION crpm.refuse_other_store(p_store_id bigint) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_own bigint := crpm.acting_store();
BEGIN
    IF v_own <> p_store_id THEN
        PERFORM crpm.refuse(
            'stores_are_ones_own',
            format('You work for %s alone.', (SELECT s.name FROM crpm.stores AS s WHERE s.store_id = v_own))
        );
    END IF;
END
$$;
COMMENT ON FUNCTION crpm.refuse_other_store(bigint) IS 'Refuses what somebody does at a store who works for another one alone.';

CREATE TABLE crpm.sessions (
    session_hash text,
    user_id bigint NOT NULL REFERENCES crpm.users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CONSTRAINT sessions_pkey PRIMARY KEY (session_hash)
);
COMMENT ON TABLE crpm.sessions IS 'Signed-in sessions by the hash of their key; a revoked or expired one opens nothing.';
CREATE INDEX sessions_user_idx ON crpm.sessions (user_id);
COMMENT ON INDEX crpm.sessions_user_idx IS 'Serves revoking all sessions of a user.';

CREATE TABLE crpm.sign_in_tries (
    try_id bigint GENERATED ALWAYS AS IDENTITY,
    user_name text NOT NULL,
    address text NOT NULL,
    tried_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT sign_in_tries_pkey PRIMARY KEY (try_id)
);
COMMENT ON TABLE crpm.sign_in_tries IS
'Tries to sign in that have not succeeded, of the last quarter of an hour; names that nobody has are counted alike.';
CREATE INDEX sign_in_tries_name_idx ON crpm.sign_in_tries (user_name);
COMMENT ON INDEX crpm.sign_in_tries_name_idx IS 'Serves counting the tries of a name.';
CREATE INDEX sign_in_tries_address_idx ON crpm.sign_in_tries (address);
COMMENT ON INDEX crpm.sign_in_tries_address_idx IS 'Serves counting the tries from an address.';

CREATE FUNCTION crpm.begin_sign_in(p_user_name text, p_address text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_window constant interval := '15 minutes';
    v_of_name integer;
    v_of_address integer;
    v_free_at timestamptz;
BEGIN
    -- One after the other: tries made at once are counted as well.
    PERFORM pg_advisory_xact_lock(7215010);
    DELETE FROM crpm.sign_in_tries AS t WHERE t.tried_at < clock_timestamp() - c_window;
    SELECT
        count(*) FILTER (WHERE t.user_name = p_user_name),
        count(*) FILTER (WHERE t.address = p_address),
        min(t.tried_at) + c_window
    INTO v_of_name, v_of_address, v_free_at
    FROM crpm.sign_in_tries AS t
    WHERE t.user_name = p_user_name OR t.address = p_address;
    IF v_of_name >= 10 OR v_of_address >= 50 THEN
        PERFORM crpm.refuse(
            'sign_in_tries_are_limited',
            format(
                'Too many tries to sign in. Try again in %s minutes.',
                greatest(1, ceil(extract(EPOCH FROM v_free_at - clock_timestamp()) / 60))
            )
        );
    END IF;
    INSERT INTO crpm.sign_in_tries (user_name, address) VALUES (p_user_name, p_address);
    RETURN (SELECT u.password_hash FROM crpm.users AS u WHERE u.user_name = p_user_name AND u.is_active);
END
$$;
COMMENT ON FUNCTION crpm.begin_sign_in IS
'Counts a try to sign in, and gives the hash that the password has to fit; null for a name that cannot sign in. Refuses after 10 tries
of a name or 50 from an address within a quarter of an hour. crpm.open_session forgets the tries.';

CREATE FUNCTION crpm.open_session(p_user_name text, p_address text, p_session_hash text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM crpm.sign_in_tries AS t WHERE t.user_name = p_user_name AND t.address = p_address;
    DELETE FROM crpm.sessions AS s WHERE s.expires_at < now() - interval '30 days';
    INSERT INTO crpm.sessions (session_hash, user_id, expires_at)
    SELECT p_session_hash, u.user_id, now() + interval '12 hours'
    FROM crpm.users AS u
    WHERE u.user_name = p_user_name AND u.is_active;
END
$$;
COMMENT ON FUNCTION crpm.open_session IS
'Opens a session for 12 hours, under the hash of its key, for somebody whose password the app has found right.';

CREATE FUNCTION crpm.session_actor(p_session_hash text)
RETURNS TABLE (user_name text, role_name text, store_id bigint, store text, is_to_be_renewed boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        u.user_name,
        u.role_name,
        u.store_id,
        o.name,
        s.expires_at < least(now() + interval '11 hours', s.created_at + interval '7 days')
    FROM crpm.sessions AS s
    INNER JOIN crpm.users AS u ON s.user_id = u.user_id
    LEFT JOIN crpm.stores AS o ON u.store_id = o.store_id
    WHERE s.session_hash = p_session_hash AND s.revoked_at IS NULL AND s.expires_at > now() AND u.is_active
$$;
COMMENT ON FUNCTION crpm.session_actor IS 'Whose session this is, and whether to renew it, once an hour; no row for one that is unknown, expired or revoked, or of a disabled user.';

CREATE FUNCTION crpm.renew_session(p_session_hash text) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE crpm.sessions AS s
    SET expires_at = least(now() + interval '12 hours', s.created_at + interval '7 days')
    WHERE s.session_hash = p_session_hash AND s.revoked_at IS NULL AND s.expires_at > now()
$$;
COMMENT ON FUNCTION crpm.renew_session IS 'Lets a session in use last 12 hours from now, 7 days at the most.';

CREATE FUNCTION crpm.close_session(p_session_hash text) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE crpm.sessions AS s
    SET revoked_at = now()
    WHERE s.session_hash = p_session_hash AND s.revoked_at IS NULL
$$;
COMMENT ON FUNCTION crpm.close_session IS 'Signs a session out.';

CREATE FUNCTION crpm.set_password(p_user_name text, p_password_hash text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE crpm.users AS u
    SET password_hash = p_password_hash
    WHERE u.user_name = p_user_name AND u.is_active;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION crpm.set_password IS
'Sets the password of somebody who has given the old one, which ends all their sessions; false for nobody who can sign in.';

CREATE FUNCTION crpm.last_sign_ins() RETURNS TABLE (user_name text, signed_in_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT u.user_name, max(s.created_at)
    FROM crpm.sessions AS s
    INNER JOIN crpm.users AS u ON s.user_id = u.user_id
    GROUP BY u.user_name
$$;
COMMENT ON FUNCTION crpm.last_sign_ins IS 'When people signed in last, as long as that is remembered; without the sessions themselves.';

CREATE FUNCTION crpm.has_users() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT 1 FROM crpm.users AS u)
$$;
COMMENT ON FUNCTION crpm.has_users IS 'Whether anybody has been added who could sign in.';

CREATE FUNCTION crpm.add_first_admin(p_user_name text, p_password_hash text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7215011);
    IF EXISTS (SELECT 1 FROM crpm.users) THEN
        PERFORM crpm.refuse('users_first_admin_comes_first', 'The first user has been added already. Sign in instead.');
    END IF;
    INSERT INTO crpm.users (user_name, role_name, password_hash) VALUES (p_user_name, 'crpm_admin', p_password_hash);
END
$$;
COMMENT ON FUNCTION crpm.add_first_admin IS 'Adds the first user, an administrator, and nobody ever after.';

CREATE FUNCTION crpm.tg_users__keep_an_admin() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Two who disable each other at once wait here for one another.
    PERFORM pg_advisory_xact_lock(7215011);
    IF NOT EXISTS (
        SELECT 1 FROM crpm.users AS u
        WHERE u.role_name = 'crpm_admin' AND u.is_active AND u.user_id <> OLD.user_id
    ) THEN
        PERFORM crpm.refuse(
            'users_keep_an_admin',
            format('%s is the only administrator left, and has to stay one. Make somebody else an administrator first.', OLD.user_name)
        );
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION crpm.tg_users__keep_an_admin() IS 'Refuses to disable the last administrator or to take the role away.';

CREATE FUNCTION crpm.tg_users__end_sessions() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE crpm.sessions AS s
    SET revoked_at = now()
    WHERE s.user_id = NEW.user_id AND s.revoked_at IS NULL;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_users__end_sessions() IS 'Signs somebody out everywhere whose password has changed, or who was disabled.';

-- ---------------------------------------------------------------- orders
-- Store first in every key, so that a purchase, its lines, its stock and its ledger rows live on one shard.

CREATE TABLE crpm.orders (
    store_id bigint REFERENCES crpm.stores ON DELETE RESTRICT,
    order_id bigint GENERATED ALWAYS AS IDENTITY,
    order_number text NOT NULL,
    source_system text,
    load_file_id integer REFERENCES crpm.load_files ON DELETE RESTRICT,
    source_line integer,
    customer_id bigint REFERENCES crpm.customers ON DELETE RESTRICT,
    order_date date NOT NULL,
    ordered_at timestamptz,
    delivered_on date,
    currency_code text NOT NULL REFERENCES crpm.currencies ON DELETE RESTRICT,
    exchange_rate numeric NOT NULL,
    rate_date date NOT NULL,
    status text NOT NULL DEFAULT 'recorded',
    net_amount numeric NOT NULL,
    tax_amount numeric NOT NULL DEFAULT 0,
    total_amount numeric NOT NULL,
    base_amount numeric NOT NULL,
    request_id uuid,
    request_hash text,
    recorded_by text NOT NULL DEFAULT crpm.acting_user(),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    channel text NOT NULL DEFAULT crpm.acting_channel(),
    cancelled_at timestamptz,
    cancelled_by text,
    cancel_channel text,
    cancel_reason text,
    delivery_noted_at timestamptz,
    delivery_noted_by text,
    delivery_channel text,
    CONSTRAINT orders_pkey PRIMARY KEY (store_id, order_id),
    CONSTRAINT orders_order_number_is_unique UNIQUE NULLS NOT DISTINCT (store_id, source_system, order_number),
    CONSTRAINT orders_request_is_recorded_once UNIQUE (store_id, request_id),
    CONSTRAINT orders_status_is_known CHECK (status IN ('recorded', 'cancelled')),
    CONSTRAINT orders_cancelled_has_its_reason CHECK (
        num_nonnulls(cancelled_at, cancelled_by, cancel_channel, cancel_reason) = CASE status WHEN 'cancelled' THEN 4 ELSE 0 END
    ),
    CONSTRAINT orders_exchange_rate_is_positive CHECK (exchange_rate > 0),
    CONSTRAINT orders_rate_is_not_from_the_future CHECK (rate_date <= order_date),
    CONSTRAINT orders_delivery_is_not_before_the_order CHECK (delivered_on >= order_date),
    CONSTRAINT orders_total_is_net_plus_tax CHECK (total_amount = net_amount + tax_amount)
);
COMMENT ON TABLE crpm.orders IS 'Purchases. Written by crpm.record_purchase, crpm.cancel_order, crpm.mark_delivered and the loader only; amounts never change.';
COMMENT ON COLUMN crpm.orders.order_date IS 'The calendar day at the store.';
COMMENT ON COLUMN crpm.orders.ordered_at IS 'The moment it was recorded at the till; null for imported history.';
COMMENT ON COLUMN crpm.orders.customer_id IS 'Null for a walk-in.';
COMMENT ON COLUMN crpm.orders.delivery_noted_by IS 'Who noted the day of delivery last; null where a file brought it.';
COMMENT ON COLUMN crpm.orders.exchange_rate IS 'Units of the order''s currency per unit of base currency, frozen; 1 in base currency.';
COMMENT ON COLUMN crpm.orders.net_amount IS 'What was charged without tax, in the order''s currency: the sum of its lines.';
COMMENT ON COLUMN crpm.orders.total_amount IS 'What was charged, tax included, in the order''s currency.';
COMMENT ON COLUMN crpm.orders.base_amount IS 'What it was worth without tax in base currency: the sum of its lines.';
COMMENT ON COLUMN crpm.orders.request_id IS 'Chosen by the sender: sending the same purchase twice records it once.';
COMMENT ON COLUMN crpm.orders.request_hash IS 'Fingerprint of what was sent, to tell a repeated request from another one with the same id.';
CREATE INDEX orders_customer_idx ON crpm.orders (customer_id, order_date DESC, order_id DESC) WHERE customer_id IS NOT NULL;
COMMENT ON INDEX crpm.orders_customer_idx IS 'Serves a customer''s purchase history and the foreign key.';
CREATE INDEX orders_date_idx ON crpm.orders (order_date DESC, order_id DESC);
COMMENT ON INDEX crpm.orders_date_idx IS 'Serves the order list, newest first, and periods.';
CREATE INDEX orders_number_idx ON crpm.orders (order_number text_pattern_ops);
COMMENT ON INDEX crpm.orders_number_idx IS 'Serves searching orders by the beginning of their number.';
CREATE INDEX orders_recorded_idx ON crpm.orders (recorded_at) WHERE load_file_id IS NULL;
COMMENT ON INDEX crpm.orders_recorded_idx IS 'Serves crpm.activity, the latest first; what files brought is told by its load.';
CREATE INDEX orders_cancelled_idx ON crpm.orders (cancelled_at) WHERE cancelled_at IS NOT NULL;
COMMENT ON INDEX crpm.orders_cancelled_idx IS 'Serves crpm.activity, the latest first.';
CREATE INDEX orders_load_file_idx ON crpm.orders USING brin (load_file_id);
COMMENT ON INDEX crpm.orders_load_file_idx IS 'Serves the way back from a load to its rows.';

CREATE TABLE crpm.order_lines (
    store_id bigint,
    order_id bigint,
    line_number integer,
    product_id bigint NOT NULL REFERENCES crpm.products ON DELETE RESTRICT,
    quantity integer NOT NULL,
    unit_price numeric NOT NULL,
    price_override_reason text,
    discount_amount numeric NOT NULL DEFAULT 0,
    tax_rate numeric NOT NULL DEFAULT 0,
    tax_amount numeric NOT NULL DEFAULT 0,
    line_amount numeric NOT NULL,
    base_unit_price numeric NOT NULL,
    base_unit_cost numeric NOT NULL,
    base_amount numeric NOT NULL,
    moves_stock boolean NOT NULL DEFAULT TRUE,
    returned_quantity integer NOT NULL DEFAULT 0,
    load_file_id integer REFERENCES crpm.load_files ON DELETE RESTRICT,
    source_line integer,
    CONSTRAINT order_lines_pkey PRIMARY KEY (store_id, order_id, line_number),
    CONSTRAINT order_lines_order_fkey FOREIGN KEY (store_id, order_id) REFERENCES crpm.orders ON DELETE RESTRICT,
    CONSTRAINT order_lines_quantity_is_positive CHECK (quantity > 0),
    CONSTRAINT order_lines_unit_price_is_not_negative CHECK (unit_price >= 0),
    CONSTRAINT order_lines_discount_is_within_the_price CHECK (
        discount_amount >= 0 AND discount_amount <= quantity * unit_price
    ),
    CONSTRAINT order_lines_amounts_are_not_negative CHECK (
        line_amount >= 0 AND tax_amount >= 0 AND base_amount >= 0 AND base_unit_price >= 0 AND base_unit_cost >= 0
    ),
    CONSTRAINT order_lines_returns_are_within_the_quantity CHECK (returned_quantity BETWEEN 0 AND quantity)
);
COMMENT ON TABLE crpm.order_lines IS 'What was bought, at the price, cost and tax of that moment; none is ever computed again.';
COMMENT ON COLUMN crpm.order_lines.unit_price IS 'Price of a piece as on the price list, in the order''s currency; with tax where the store''s prices contain it.';
COMMENT ON COLUMN crpm.order_lines.discount_amount IS 'Taken off the line, its share of a discount on the whole order included.';
COMMENT ON COLUMN crpm.order_lines.line_amount IS 'Charged for the line without tax, in the order''s currency.';
COMMENT ON COLUMN crpm.order_lines.tax_amount IS 'Tax charged for the line beside line_amount.';
COMMENT ON COLUMN crpm.order_lines.base_amount IS 'Worth of the line without tax in base currency: revenue.';
COMMENT ON COLUMN crpm.order_lines.base_unit_cost IS 'What a piece cost the business at that moment, in base currency.';
COMMENT ON COLUMN crpm.order_lines.moves_stock IS 'False for imported history only, whose stock is not known. The sales of a live load take theirs.';
CREATE INDEX order_lines_product_idx ON crpm.order_lines (product_id, store_id, order_id);
COMMENT ON INDEX crpm.order_lines_product_idx IS 'Serves the sales of a product and the foreign key.';
CREATE INDEX order_lines_load_file_idx ON crpm.order_lines USING brin (load_file_id);
COMMENT ON INDEX crpm.order_lines_load_file_idx IS 'Serves the way back from a load to its rows.';

CREATE TABLE crpm.payments (
    store_id bigint,
    order_id bigint,
    payment_number integer,
    method text NOT NULL,
    amount numeric NOT NULL,
    recorded_by text NOT NULL DEFAULT crpm.acting_user(),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    channel text NOT NULL DEFAULT crpm.acting_channel(),
    CONSTRAINT payments_pkey PRIMARY KEY (store_id, order_id, payment_number),
    CONSTRAINT payments_order_fkey FOREIGN KEY (store_id, order_id) REFERENCES crpm.orders ON DELETE RESTRICT,
    CONSTRAINT payments_method_is_known CHECK (method IN ('cash', 'card', 'transfer', 'voucher', 'other')),
    CONSTRAINT payments_amount_is_not_zero CHECK (amount <> 0)
);
COMMENT ON TABLE crpm.payments IS 'What was paid for an order, by method, in the order''s currency; a refund is negative.';
CREATE INDEX payments_recorded_idx ON crpm.payments USING brin (recorded_at);
COMMENT ON INDEX crpm.payments_recorded_idx IS 'Serves the refunds and later payments of a day, for the daily close.';

CREATE TABLE crpm.returns (
    store_id bigint,
    order_id bigint,
    line_number integer,
    return_number integer,
    quantity integer NOT NULL,
    returned_on date NOT NULL,
    received_store_id bigint NOT NULL REFERENCES crpm.stores ON DELETE RESTRICT,
    is_restocked boolean NOT NULL,
    reason text NOT NULL,
    line_amount numeric NOT NULL,
    tax_amount numeric NOT NULL,
    base_amount numeric NOT NULL,
    withheld_amount numeric NOT NULL DEFAULT 0,
    base_withheld_amount numeric NOT NULL DEFAULT 0,
    request_id uuid,
    recorded_by text NOT NULL DEFAULT crpm.acting_user(),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    channel text NOT NULL DEFAULT crpm.acting_channel(),
    source_system text,
    source_key text,
    source_hash text,
    load_file_id integer REFERENCES crpm.load_files ON DELETE RESTRICT,
    source_line integer,
    CONSTRAINT returns_pkey PRIMARY KEY (store_id, order_id, line_number, return_number),
    CONSTRAINT returns_order_line_fkey FOREIGN KEY (store_id, order_id, line_number)
    REFERENCES crpm.order_lines ON DELETE RESTRICT,
    CONSTRAINT returns_request_is_recorded_once UNIQUE (store_id, request_id),
    CONSTRAINT returns_source_key_is_unique UNIQUE (source_system, source_key),
    CONSTRAINT returns_quantity_is_positive CHECK (quantity > 0),
    CONSTRAINT returns_reason_is_not_blank CHECK (btrim(reason) <> '')
);
COMMENT ON TABLE crpm.returns IS 'Goods that came back, booked on the day of the return at the sale''s frozen price and rate.';
COMMENT ON COLUMN crpm.returns.line_amount IS 'Refunded without tax, in the order''s currency; with tax_amount beside it.';
COMMENT ON COLUMN crpm.returns.withheld_amount IS
'What the pieces'' share of line_amount is above the refund that a file has told; 0 where the refund is that share.';
COMMENT ON COLUMN crpm.returns.base_withheld_amount IS 'The same of base_amount.';
COMMENT ON COLUMN crpm.returns.is_restocked IS 'Whether the pieces went back on the shelf of received_store_id.';
CREATE INDEX returns_recorded_idx ON crpm.returns (recorded_at) WHERE load_file_id IS NULL;
COMMENT ON INDEX crpm.returns_recorded_idx IS 'Serves crpm.activity, the latest first; what files brought is told by its load.';
CREATE INDEX returns_received_store_idx ON crpm.returns (received_store_id, returned_on);
COMMENT ON INDEX crpm.returns_received_store_idx IS 'Serves a store''s returns of a day and the foreign key.';
CREATE INDEX returns_date_idx ON crpm.returns (returned_on);
COMMENT ON INDEX crpm.returns_date_idx IS 'Serves returns of a period.';
CREATE INDEX returns_load_file_idx ON crpm.returns USING brin (load_file_id);
COMMENT ON INDEX crpm.returns_load_file_idx IS 'Serves the way back from a load to its rows.';

-- ---------------------------------------------------------------- parked purchases

CREATE FUNCTION crpm.is_basket(p_basket jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN jsonb_typeof(p_basket) = 'object' AND jsonb_typeof(p_basket -> 'lines') = 'array'
            THEN
                NOT EXISTS (
                    SELECT 1
                    FROM jsonb_each(p_basket - 'lines') AS field
                    WHERE
                        field.key NOT IN ('discount', 'currency', 'day')
                        OR jsonb_typeof(field.value) <> 'string' OR length(field.value #>> '{}') > 20
                )
                AND NOT EXISTS (
                    SELECT 1
                    FROM jsonb_array_elements(p_basket -> 'lines') AS l (line)
                    WHERE
                        jsonb_typeof(l.line) <> 'object'
                        OR jsonb_typeof(l.line -> 'product_id') IS DISTINCT FROM 'number'
                        OR l.line ->> 'product_id' !~ '^[1-9][0-9]{0,17}$'
                        OR NOT l.line ? 'quantity'
                )
                AND NOT EXISTS (
                    SELECT 1
                    FROM jsonb_array_elements(p_basket -> 'lines') AS l (line)
                    CROSS JOIN LATERAL jsonb_each(CASE jsonb_typeof(l.line) WHEN 'object' THEN l.line - 'product_id' ELSE '{}' END)
                        AS field
                    WHERE
                        field.key NOT IN ('quantity', 'discount', 'price', 'reason')
                        OR jsonb_typeof(field.value) <> 'string'
                        OR length(field.value #>> '{}') > CASE field.key WHEN 'reason' THEN 200 ELSE 20 END
                )
        ELSE FALSE
    END
$$;
COMMENT ON FUNCTION crpm.is_basket(jsonb) IS
'Whether this is a basket as it was typed: lines with a product id and a quantity, and perhaps a discount, a price and its reason; a discount on all, a currency, a day. All short texts.';

CREATE TABLE crpm.parked_purchases (
    store_id bigint REFERENCES crpm.stores ON DELETE RESTRICT,
    request_id uuid,
    basket jsonb NOT NULL,
    customer_id bigint REFERENCES crpm.customers ON DELETE SET NULL,
    note text NOT NULL DEFAULT '',
    parked_by text NOT NULL DEFAULT crpm.acting_user(),
    parked_at timestamptz NOT NULL DEFAULT now(),
    till_id uuid,
    taken_by text,
    taken_at timestamptz,
    CONSTRAINT parked_purchases_pkey PRIMARY KEY (store_id, request_id),
    CONSTRAINT parked_purchases_basket_is_well_formed CHECK (crpm.is_basket(basket)),
    CONSTRAINT parked_purchases_lines_are_few CHECK (
        CASE jsonb_typeof(basket -> 'lines') WHEN 'array' THEN jsonb_array_length(basket -> 'lines') BETWEEN 1 AND 500 END
    ),
    CONSTRAINT parked_purchases_note_is_not_too_long CHECK (length(note) <= 100),
    CONSTRAINT parked_purchases_taken_names_its_till CHECK (
        (till_id IS NULL) = (taken_by IS NULL) AND (till_id IS NULL) = (taken_at IS NULL)
    )
);
-- Taking up deletes nothing: an answer that gets lost would take the purchase with it. The row names the till that has it
-- until the purchase is recorded or discarded. That till may ask again and gets the same answer; another one is refused
-- until it takes the purchase over on purpose, as when the first till broke down. Both then hold the same request id, so
-- that even then it is recorded once.
COMMENT ON TABLE crpm.parked_purchases IS
'Purchases set aside at a store, to be taken up again at any of its tills. Written by functions alone; a row goes when its purchase is recorded or discarded.';
COMMENT ON COLUMN crpm.parked_purchases.request_id IS 'The request id under which it will be recorded.';
COMMENT ON COLUMN crpm.parked_purchases.basket IS 'What was typed, unchecked: the lines, the discount on all, the currency and the day.';
COMMENT ON COLUMN crpm.parked_purchases.till_id IS 'The till, chosen by its browser, that has taken it up; null while nobody has.';
CREATE INDEX parked_purchases_customer_idx ON crpm.parked_purchases (customer_id) WHERE customer_id IS NOT NULL;
COMMENT ON INDEX crpm.parked_purchases_customer_idx IS 'Serves the foreign key to customers.';

-- ---------------------------------------------------------------- stock

-- What each sale writes several times has its rules in domains: a CHECK of a table is parsed anew for every statement.
CREATE DOMAIN crpm.pieces_on_hand AS integer CONSTRAINT stock_levels_on_hand_is_not_negative CHECK (VALUE >= 0);
COMMENT ON DOMAIN crpm.pieces_on_hand IS 'Pieces of a product at a store, never fewer than none.';
CREATE DOMAIN crpm.pieces_moved AS integer CONSTRAINT stock_movements_quantity_is_not_zero CHECK (VALUE <> 0);
COMMENT ON DOMAIN crpm.pieces_moved IS 'Pieces: positive in, negative out.';
CREATE DOMAIN crpm.movement_type AS text CONSTRAINT stock_movements_type_is_known CHECK (
    VALUE IN ('opening', 'receipt', 'sale', 'return', 'transfer', 'adjustment')
);
COMMENT ON DOMAIN crpm.movement_type IS 'Why stock moved.';

CREATE TABLE crpm.stock_levels (
    store_id bigint REFERENCES crpm.stores ON DELETE RESTRICT,
    product_id bigint REFERENCES crpm.products ON DELETE RESTRICT,
    on_hand crpm.pieces_on_hand NOT NULL,
    CONSTRAINT stock_levels_pkey PRIMARY KEY (store_id, product_id)
) WITH (fillfactor = 80);
COMMENT ON TABLE crpm.stock_levels IS 'Pieces on hand by store and product: always the sum of the ledger. No row means none.';
CREATE INDEX stock_levels_product_idx ON crpm.stock_levels (product_id);
COMMENT ON INDEX crpm.stock_levels_product_idx IS 'Serves a product''s stock over all stores and the foreign key.';

-- Store and product are those of the level that each row changes, so they need no foreign keys of their own.
CREATE TABLE crpm.stock_movements (
    store_id bigint,
    movement_id bigint GENERATED ALWAYS AS IDENTITY,
    product_id bigint NOT NULL,
    movement_type crpm.movement_type NOT NULL,
    quantity crpm.pieces_moved NOT NULL,
    occurred_on date NOT NULL,
    order_store_id bigint,
    order_id bigint,
    line_number integer,
    document text,
    reason text,
    recorded_by text NOT NULL DEFAULT crpm.acting_user(),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    channel text NOT NULL DEFAULT crpm.acting_channel(),
    -- By product first: it serves a product's ledger and the proof of its level too, so that a sale fills one index less.
    CONSTRAINT stock_movements_pkey PRIMARY KEY (product_id, store_id, movement_id),
    CONSTRAINT stock_movements_order_line_fkey FOREIGN KEY (order_store_id, order_id, line_number)
    REFERENCES crpm.order_lines ON DELETE RESTRICT,
    CONSTRAINT stock_movements_adjustment_has_a_reason CHECK (movement_type <> 'adjustment' OR btrim(reason) <> ''),
    CONSTRAINT stock_movements_sale_names_its_line CHECK (
        movement_type NOT IN ('sale', 'return') OR (order_store_id, order_id, line_number) IS NOT NULL
    )
);
COMMENT ON TABLE crpm.stock_movements IS 'The stock ledger, append-only: each row changes the level of its store and product by its quantity, in the same statement.';
COMMENT ON COLUMN crpm.stock_movements.quantity IS 'Pieces: positive in, negative out. A cancelled sale has a positive sale row beside its negative one.';
COMMENT ON COLUMN crpm.stock_movements.order_store_id IS 'Store of the sale; for goods returned elsewhere not the store of the movement.';
COMMENT ON COLUMN crpm.stock_movements.document IS 'Delivery note, count sheet or transfer that it came from.';
CREATE INDEX stock_movements_order_line_idx ON crpm.stock_movements (order_store_id, order_id, line_number)
WHERE order_id IS NOT NULL;
COMMENT ON INDEX crpm.stock_movements_order_line_idx IS 'Serves the stock movements of an order and the foreign key.';
CREATE INDEX stock_movements_recorded_idx ON crpm.stock_movements (recorded_at) WHERE order_id IS NULL AND channel <> 'loader';
COMMENT ON INDEX crpm.stock_movements_recorded_idx IS
'Serves crpm.activity, the latest first: what neither an order nor a load tells of. A sale fills no index more.';

CREATE TABLE crpm.count_sheets (
    count_sheet_id bigint GENERATED ALWAYS AS IDENTITY,
    store_id bigint NOT NULL REFERENCES crpm.stores ON DELETE RESTRICT,
    category_id bigint REFERENCES crpm.categories ON DELETE RESTRICT,
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL DEFAULT crpm.acting_user(),
    counted_at timestamptz,
    typed_at timestamptz,
    typed_by text,
    channel text NOT NULL DEFAULT crpm.acting_channel(),
    CONSTRAINT count_sheets_pkey PRIMARY KEY (count_sheet_id),
    CONSTRAINT count_sheets_typed_back_is_whole CHECK (num_nonnulls(counted_at, typed_at, typed_by) IN (0, 3)),
    CONSTRAINT count_sheets_counted_after_it_was_made CHECK (counted_at >= made_at)
);
COMMENT ON TABLE crpm.count_sheets IS 'Sheets to count a store''s shelves on, typed back once. Written by crpm.make_count_sheet and crpm.record_count only.';
COMMENT ON COLUMN crpm.count_sheets.category_id IS 'The category counted; null for all.';
COMMENT ON COLUMN crpm.count_sheets.counted_at IS 'The moment of counting: what was counted is compared with the ledger as of then.';
CREATE INDEX count_sheets_category_idx ON crpm.count_sheets (category_id);
COMMENT ON INDEX crpm.count_sheets_category_idx IS 'Serves the foreign key to categories.';

CREATE TABLE crpm.count_sheet_lines (
    count_sheet_id bigint REFERENCES crpm.count_sheets ON DELETE RESTRICT,
    line_number integer,
    product_id bigint NOT NULL REFERENCES crpm.products ON DELETE RESTRICT,
    expected integer,
    counted integer,
    CONSTRAINT count_sheet_lines_pkey PRIMARY KEY (count_sheet_id, line_number),
    CONSTRAINT count_sheet_lines_product_is_listed_once UNIQUE (count_sheet_id, product_id),
    CONSTRAINT count_sheet_lines_counted_has_its_expected CHECK ((counted IS NULL) = (expected IS NULL)),
    CONSTRAINT count_sheet_lines_counted_is_not_negative CHECK (counted >= 0)
);
COMMENT ON TABLE crpm.count_sheet_lines IS 'The products of a count sheet in its order, and what was counted: null before, and for what was left blank.';
COMMENT ON COLUMN crpm.count_sheet_lines.expected IS 'On hand by the ledger at the moment of counting; the adjustment is counted less expected.';
CREATE INDEX count_sheet_lines_product_idx ON crpm.count_sheet_lines (product_id);
COMMENT ON INDEX crpm.count_sheet_lines_product_idx IS 'Serves the foreign key to products.';

-- ---------------------------------------------------------------- daily close

CREATE TABLE crpm.daily_closes (
    store_id bigint REFERENCES crpm.stores ON DELETE RESTRICT,
    business_day date,
    version integer,
    reason text,
    closed_at timestamptz NOT NULL DEFAULT now(),
    closed_by text NOT NULL DEFAULT crpm.acting_user(),
    channel text NOT NULL DEFAULT crpm.acting_channel(),
    CONSTRAINT daily_closes_pkey PRIMARY KEY (store_id, business_day, version),
    CONSTRAINT daily_closes_version_is_positive CHECK (version > 0),
    CONSTRAINT daily_closes_correction_has_a_reason CHECK (version = 1 OR coalesce(btrim(reason), '') <> '')
);
COMMENT ON TABLE crpm.daily_closes IS 'Days closed at a store, append-only: version 1, and a version with its reason for each correction. Written by crpm.close_day only.';

CREATE TABLE crpm.daily_close_lines (
    store_id bigint,
    business_day date,
    version integer,
    currency_code text REFERENCES crpm.currencies ON DELETE RESTRICT,
    method text,
    expected numeric NOT NULL,
    counted numeric NOT NULL,
    CONSTRAINT daily_close_lines_pkey PRIMARY KEY (store_id, business_day, version, currency_code, method),
    CONSTRAINT daily_close_lines_close_fkey FOREIGN KEY (store_id, business_day, version)
    REFERENCES crpm.daily_closes ON DELETE RESTRICT,
    CONSTRAINT daily_close_lines_method_is_known CHECK (method IN ('cash', 'card', 'transfer', 'voucher', 'other'))
);
COMMENT ON TABLE crpm.daily_close_lines IS 'What was expected and counted at a close, by payment method, in the payments'' currency. Append-only.';

CREATE TABLE crpm.daily_close_totals (
    store_id bigint,
    business_day date,
    version integer,
    currency_code text REFERENCES crpm.currencies ON DELETE RESTRICT,
    orders integer NOT NULL,
    sales_amount numeric NOT NULL,
    tax_amount numeric NOT NULL,
    returns integer NOT NULL,
    returned_amount numeric NOT NULL,
    cancelled_orders integer NOT NULL,
    cancelled_amount numeric NOT NULL,
    CONSTRAINT daily_close_totals_pkey PRIMARY KEY (store_id, business_day, version, currency_code),
    CONSTRAINT daily_close_totals_close_fkey FOREIGN KEY (store_id, business_day, version)
    REFERENCES crpm.daily_closes ON DELETE RESTRICT
);
COMMENT ON TABLE crpm.daily_close_totals IS 'What crpm.day_totals said at a close, by currency. Append-only.';

-- ---------------------------------------------------------------- triggers
-- The chains, at most two long: order_lines or returns or orders -> stock_movements -> stock_levels.
-- Row-level, so that each works on the shard of its row.

CREATE FUNCTION crpm.tg_stock_movements__apply_to_level() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    v_on_hand integer;
    v_product text;
BEGIN
    UPDATE crpm.stock_levels AS l
    SET on_hand = l.on_hand + NEW.quantity
    WHERE l.store_id = NEW.store_id AND l.product_id = NEW.product_id AND l.on_hand + NEW.quantity >= 0;
    IF FOUND THEN
        RETURN NULL;
    END IF;
    IF NEW.quantity > 0 THEN
        -- An upsert would trip the CHECK before it finds the row, so the row is inserted only when it is missing.
        INSERT INTO crpm.stock_levels AS l (store_id, product_id, on_hand)
        VALUES (NEW.store_id, NEW.product_id, NEW.quantity)
        ON CONFLICT (store_id, product_id) DO UPDATE SET on_hand = l.on_hand + excluded.on_hand;
        RETURN NULL;
    END IF;
    SELECT l.on_hand INTO v_on_hand
    FROM crpm.stock_levels AS l
    WHERE l.store_id = NEW.store_id AND l.product_id = NEW.product_id;
    SELECT p.name || ' (' || p.sku || ')' INTO v_product
    FROM crpm.products AS p
    WHERE p.product_id = NEW.product_id;
    RAISE EXCEPTION 'Not enough stock of %: % on hand, % asked.', v_product, coalesce(v_on_hand, 0), -NEW.quantity
        USING ERRCODE = 'check_violation', SCHEMA = 'crpm', TABLE = 'stock_levels',
        CONSTRAINT = 'stock_levels_on_hand_is_not_negative';
END
$$;
COMMENT ON FUNCTION crpm.tg_stock_movements__apply_to_level() IS
'Keeps the level equal to the sum of its ledger, and refuses what is not on hand, naming the product, what is on hand and what was asked.';
CREATE TRIGGER tg_stock_movements__apply_to_level AFTER INSERT ON crpm.stock_movements
FOR EACH ROW EXECUTE FUNCTION crpm.tg_stock_movements__apply_to_level();

CREATE FUNCTION crpm.tg_order_lines__take_stock() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO crpm.stock_movements (
        store_id, product_id, movement_type, quantity, occurred_on,
        order_store_id, order_id, line_number, recorded_by, recorded_at, channel
    )
    SELECT
        NEW.store_id, NEW.product_id, 'sale', -NEW.quantity, o.order_date,
        NEW.store_id, NEW.order_id, NEW.line_number, o.recorded_by, o.recorded_at, o.channel
    FROM crpm.orders AS o
    WHERE o.store_id = NEW.store_id AND o.order_id = NEW.order_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_order_lines__take_stock() IS 'Takes a sold line out of stock by a ledger row.';
CREATE TRIGGER tg_order_lines__take_stock AFTER INSERT ON crpm.order_lines
FOR EACH ROW WHEN (NEW.moves_stock) EXECUTE FUNCTION crpm.tg_order_lines__take_stock();

CREATE FUNCTION crpm.tg_order_lines__keep_as_recorded() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF to_jsonb(OLD) - 'returned_quantity' <> to_jsonb(NEW) - 'returned_quantity' THEN
        RAISE EXCEPTION 'A recorded order line is never changed. Record a return, or cancel the order within its day.'
            USING ERRCODE = 'check_violation', SCHEMA = 'crpm', TABLE = 'order_lines',
            CONSTRAINT = 'order_lines_are_never_changed';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION crpm.tg_order_lines__keep_as_recorded() IS
'Keeps the past as it was, whoever writes: only the count of returned pieces moves.';
CREATE TRIGGER tg_order_lines__keep_as_recorded BEFORE UPDATE ON crpm.order_lines
FOR EACH ROW EXECUTE FUNCTION crpm.tg_order_lines__keep_as_recorded();

CREATE FUNCTION crpm.tg_returns__count_on_line() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE crpm.order_lines AS l
    SET returned_quantity = l.returned_quantity + NEW.quantity
    WHERE l.store_id = NEW.store_id AND l.order_id = NEW.order_id AND l.line_number = NEW.line_number;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_returns__count_on_line() IS 'Counts returned pieces on their line, whose CHECK refuses more than were bought.';
CREATE TRIGGER tg_returns__count_on_line AFTER INSERT ON crpm.returns
FOR EACH ROW EXECUTE FUNCTION crpm.tg_returns__count_on_line();

CREATE FUNCTION crpm.tg_returns__restock() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO crpm.stock_movements (
        store_id, product_id, movement_type, quantity, occurred_on,
        order_store_id, order_id, line_number, reason, recorded_by, recorded_at, channel
    )
    SELECT
        NEW.received_store_id, l.product_id, 'return', NEW.quantity, NEW.returned_on,
        NEW.store_id, NEW.order_id, NEW.line_number, NEW.reason, NEW.recorded_by, NEW.recorded_at, NEW.channel
    FROM crpm.order_lines AS l
    WHERE l.store_id = NEW.store_id AND l.order_id = NEW.order_id AND l.line_number = NEW.line_number;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_returns__restock() IS 'Puts returned pieces back on the shelf by a ledger row.';
CREATE TRIGGER tg_returns__restock AFTER INSERT ON crpm.returns
FOR EACH ROW WHEN (NEW.is_restocked) EXECUTE FUNCTION crpm.tg_returns__restock();

CREATE FUNCTION crpm.tg_orders__give_back_stock() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO crpm.stock_movements (
        store_id, product_id, movement_type, quantity, occurred_on,
        order_store_id, order_id, line_number, reason, recorded_by, recorded_at
    )
    SELECT
        l.store_id, l.product_id, 'sale', l.quantity, NEW.order_date,
        l.store_id, l.order_id, l.line_number, 'cancelled: ' || NEW.cancel_reason, NEW.cancelled_by, NEW.cancelled_at
    FROM crpm.order_lines AS l
    WHERE l.store_id = NEW.store_id AND l.order_id = NEW.order_id AND l.moves_stock
    ORDER BY l.product_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_orders__give_back_stock() IS 'Puts the pieces of a cancelled order back by ledger rows.';
CREATE TRIGGER tg_orders__give_back_stock AFTER UPDATE OF status ON crpm.orders
FOR EACH ROW WHEN (OLD.status = 'recorded' AND NEW.status = 'cancelled')
EXECUTE FUNCTION crpm.tg_orders__give_back_stock();

CREATE FUNCTION crpm.tg_orders__keep_as_recorded() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    v_may_change text[] := ARRAY[
        'status', 'cancelled_at', 'cancelled_by', 'cancel_channel', 'cancel_reason', 'delivered_on', 'delivery_noted_at',
        'delivery_noted_by', 'delivery_channel'
    ];
BEGIN
    -- A later load may bring a line that was missing: the totals of an imported order follow the sum of its lines.
    IF OLD.load_file_id IS NOT NULL
        AND (NEW.net_amount, NEW.tax_amount, NEW.base_amount) <> (OLD.net_amount, OLD.tax_amount, OLD.base_amount)
        AND (NEW.net_amount, NEW.tax_amount, NEW.base_amount) = (
            SELECT sum(l.line_amount), sum(l.tax_amount), sum(l.base_amount)
            FROM crpm.order_lines AS l
            WHERE l.store_id = NEW.store_id AND l.order_id = NEW.order_id
        ) THEN
        v_may_change := v_may_change || ARRAY['net_amount', 'tax_amount', 'total_amount', 'base_amount'];
    END IF;
    IF OLD.status = 'cancelled' OR to_jsonb(OLD) - v_may_change <> to_jsonb(NEW) - v_may_change THEN
        RAISE EXCEPTION 'A recorded order is never changed. Record a return, or cancel the order within its day.'
            USING ERRCODE = 'check_violation', SCHEMA = 'crpm', TABLE = 'orders',
            CONSTRAINT = 'orders_are_never_changed';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION crpm.tg_orders__keep_as_recorded() IS
'Keeps the past as it was, whoever writes: only delivery, cancelling once, and the totals of an imported order to the sum of its lines move.';
CREATE TRIGGER tg_orders__keep_as_recorded BEFORE UPDATE ON crpm.orders
FOR EACH ROW EXECUTE FUNCTION crpm.tg_orders__keep_as_recorded();

CREATE FUNCTION crpm.tg_any__refuse() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are only ever added.', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', SCHEMA = 'crpm', TABLE = TG_TABLE_NAME,
        CONSTRAINT = 'ledger_is_append_only';
END
$$;
COMMENT ON FUNCTION crpm.tg_any__refuse() IS 'Refuses to change rows of an append-only table, whoever asks.';
CREATE TRIGGER tg_stock_movements__refuse BEFORE UPDATE ON crpm.stock_movements
FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__refuse();
CREATE FUNCTION crpm.without_person(p_values jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT jsonb_object_agg(
        v.key,
        CASE
            WHEN v.key IN (
                'name', 'email', 'phone', 'gender', 'birth_date', 'street', 'city', 'state_code', 'state', 'postal_code',
                'consent_changed_on', 'consent_source', 'notes', 'source_hash'
            )
                THEN 'null'::jsonb
            ELSE v.value
        END
    )
    FROM jsonb_each(p_values) AS v
$$;
COMMENT ON FUNCTION crpm.without_person(jsonb) IS 'A customer''s columns as the audit log has them, without what tells who it is.';

-- What is left of a customer's history after its person was taken out is the one change that the log lets happen.
CREATE TRIGGER tg_audit_log__refuse BEFORE UPDATE ON crpm.audit_log
FOR EACH ROW WHEN (
    OLD.table_name <> 'customers'
    OR NEW.old_values IS DISTINCT FROM crpm.without_person(OLD.old_values)
    OR NEW.new_values IS DISTINCT FROM crpm.without_person(OLD.new_values)
    OR to_jsonb(NEW.*) - ARRAY['old_values', 'new_values'] <> to_jsonb(OLD.*) - ARRAY['old_values', 'new_values']
) EXECUTE FUNCTION crpm.tg_any__refuse();
CREATE TRIGGER tg_bulk_reads__refuse BEFORE UPDATE ON crpm.bulk_reads
FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__refuse();
CREATE TRIGGER tg_daily_closes__refuse BEFORE UPDATE ON crpm.daily_closes
FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__refuse();
CREATE TRIGGER tg_daily_close_lines__refuse BEFORE UPDATE ON crpm.daily_close_lines
FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__refuse();
CREATE TRIGGER tg_daily_close_totals__refuse BEFORE UPDATE ON crpm.daily_close_totals
FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__refuse();

CREATE FUNCTION crpm.tg_settings__keep_base_currency() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM crpm.orders) THEN
        RAISE EXCEPTION 'The base currency is fixed once there is an order: every figure is kept in it.'
            USING ERRCODE = 'check_violation', SCHEMA = 'crpm', TABLE = 'settings',
            CONSTRAINT = 'settings_base_currency_is_fixed';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION crpm.tg_settings__keep_base_currency() IS 'Fixes the base currency once there is an order.';
CREATE TRIGGER tg_settings__keep_base_currency BEFORE UPDATE OF base_currency_code ON crpm.settings
FOR EACH ROW WHEN (OLD.base_currency_code <> NEW.base_currency_code)
EXECUTE FUNCTION crpm.tg_settings__keep_base_currency();

CREATE FUNCTION crpm.tg_exchange_rates__base_is_one() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM crpm.settings AS s WHERE s.base_currency_code = NEW.currency_code) THEN
        RAISE EXCEPTION 'The base currency % is 1 by definition; its rate cannot be %.', NEW.currency_code, NEW.units_per_base
            USING ERRCODE = 'check_violation', SCHEMA = 'crpm', TABLE = 'exchange_rates',
            CONSTRAINT = 'exchange_rates_base_currency_is_one';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION crpm.tg_exchange_rates__base_is_one() IS 'Refuses a rate other than 1 for the base currency.';
CREATE TRIGGER tg_exchange_rates__base_is_one BEFORE INSERT OR UPDATE ON crpm.exchange_rates
FOR EACH ROW WHEN (NEW.units_per_base <> 1) EXECUTE FUNCTION crpm.tg_exchange_rates__base_is_one();

CREATE FUNCTION crpm.tells_of(p_text text, p_email text, p_sort_name text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT coalesce(position(crpm.fold(p_email) IN t.folded) > 0, FALSE)
        OR p_sort_name ~ '\S\s+\S' AND NOT EXISTS (
            SELECT 1
            FROM regexp_split_to_table(p_sort_name, '\s+') AS w (word)
            WHERE position(w.word IN t.folded) = 0
        )
    FROM (VALUES (crpm.fold(p_text))) AS t (folded)
$$;
COMMENT ON FUNCTION crpm.tells_of(text, text, text) IS
'Whether a text has a person''s e-mail, or all words of a name of more than one, in whatever order and columns.';

CREATE FUNCTION crpm.tg_customers__forget_loaded() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.source_values := NULL;
    DELETE FROM crpm.load_conflicts AS c
    USING crpm.load_files AS f
    WHERE c.load_file_id = f.load_file_id AND f.target = 'customers' AND c.record_id = NEW.customer_id;
    DELETE FROM crpm.load_changes AS c
    WHERE c.table_name = 'customers' AND c.row_key = NEW.customer_id::text;
    -- Also rows whose key could not be read, or that are about something else and have the person in them.
    UPDATE crpm.rejects AS r
    SET raw_text = '', other_cells_hash = '', message = 'The row was about a customer who has been anonymised since.'
    FROM crpm.load_files AS f
    INNER JOIN crpm.loads AS l ON f.load_id = l.load_id
    WHERE
        r.load_file_id = f.load_file_id
        AND (
            f.target = 'customers' AND l.source_system = NEW.source_system AND r.record_key = NEW.source_key
            OR crpm.tells_of(r.raw_text || ' ' || r.message, OLD.email, OLD.sort_name)
        );
    -- An example of text in a wrong encoding may be a part of the name; whose it is, nobody knows.
    UPDATE crpm.load_files AS f
    SET notes = f.notes #- '{mojibake,example}'
    WHERE f.notes #> '{mojibake,example}' IS NOT NULL;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION crpm.tg_customers__forget_loaded() IS
'Forgets what files said of a customer who is anonymised: what was last loaded, what loads changed, the conflicts, the text of rejected rows, and examples of garbled text.';
CREATE TRIGGER tg_customers__forget_loaded BEFORE UPDATE OF anonymised_at ON crpm.customers
FOR EACH ROW WHEN (NEW.anonymised_at IS NOT NULL) EXECUTE FUNCTION crpm.tg_customers__forget_loaded();

CREATE FUNCTION crpm.tg_customers__become_nobody() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.name := 'Anonymised customer ' || NEW.customer_id;
    NEW.email := NULL;
    NEW.phone := NULL;
    NEW.gender := NULL;
    NEW.birth_date := NULL;
    NEW.street := NULL;
    NEW.city := NULL;
    NEW.state_code := NULL;
    NEW.state := NULL;
    NEW.postal_code := NULL;
    NEW.has_marketing_consent := FALSE;
    NEW.consent_changed_on := NULL;
    NEW.consent_source := NULL;
    NEW.notes := NULL;
    NEW.source_hash := NULL;
    NEW.is_active := FALSE;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION crpm.tg_customers__become_nobody() IS 'Takes the person out of the record of a customer who is anonymised.';
CREATE TRIGGER tg_customers__become_nobody BEFORE UPDATE OF anonymised_at ON crpm.customers
FOR EACH ROW WHEN (NEW.anonymised_at IS NOT NULL) EXECUTE FUNCTION crpm.tg_customers__become_nobody();

CREATE FUNCTION crpm.tg_customers__forget_parked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE crpm.parked_purchases AS p
    SET
        customer_id = NULL,
        note = '',
        basket = jsonb_set(
            p.basket, '{lines}',
            (
                SELECT jsonb_agg(l.line - 'reason' ORDER BY l.place)
                FROM jsonb_array_elements(p.basket -> 'lines') WITH ORDINALITY AS l (line, place)
            )
        )
    WHERE p.customer_id = NEW.customer_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_customers__forget_parked() IS
'Makes the parked purchases of a customer who is anonymised those of a walk-in, without their notes and reasons.';
CREATE TRIGGER tg_customers__forget_parked AFTER UPDATE OF anonymised_at ON crpm.customers
FOR EACH ROW WHEN (NEW.anonymised_at IS NOT NULL) EXECUTE FUNCTION crpm.tg_customers__forget_parked();

CREATE FUNCTION crpm.tg_customers__forget_audited() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE crpm.audit_log AS a
    SET old_values = crpm.without_person(a.old_values), new_values = crpm.without_person(a.new_values)
    WHERE a.table_name = 'customers' AND a.row_key = OLD.customer_id::text;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_customers__forget_audited() IS
'Takes the person out of the change history of a customer who is anonymised or deleted: who changed which fields and when stays.';
-- By its name it follows tg_customers__audit, whose row of this very change has the person too.
CREATE TRIGGER tg_customers__forget_audited AFTER UPDATE OF anonymised_at ON crpm.customers
FOR EACH ROW WHEN (NEW.anonymised_at IS NOT NULL) EXECUTE FUNCTION crpm.tg_customers__forget_audited();
CREATE TRIGGER tg_customers__forget_deleted AFTER DELETE ON crpm.customers
FOR EACH ROW EXECUTE FUNCTION crpm.tg_customers__forget_audited();

CREATE FUNCTION crpm.tg_exchange_rates__becomes_entered_by_hand() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.load_file_id := NULL;
    NEW.source_line := NULL;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION crpm.tg_exchange_rates__becomes_entered_by_hand() IS
'Makes a rate of a file that somebody changes one entered by hand: no load changes it any more, and none takes it back.';
CREATE TRIGGER tg_exchange_rates__becomes_entered_by_hand BEFORE UPDATE ON crpm.exchange_rates
FOR EACH ROW WHEN (OLD.load_file_id = NEW.load_file_id AND OLD.units_per_base <> NEW.units_per_base)
EXECUTE FUNCTION crpm.tg_exchange_rates__becomes_entered_by_hand();

CREATE TRIGGER tg_settings__bump_row_version BEFORE UPDATE ON crpm.settings
FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__bump_row_version();
CREATE TRIGGER tg_stores__bump_row_version BEFORE UPDATE ON crpm.stores
FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__bump_row_version();
CREATE TRIGGER tg_customers__bump_row_version BEFORE UPDATE ON crpm.customers
FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__bump_row_version();
CREATE TRIGGER tg_products__bump_row_version BEFORE UPDATE ON crpm.products
FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__bump_row_version();
CREATE TRIGGER tg_users__bump_row_version BEFORE UPDATE ON crpm.users
FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__bump_row_version();
CREATE TRIGGER tg_users__keep_an_admin BEFORE UPDATE ON crpm.users
FOR EACH ROW WHEN (OLD.role_name = 'crpm_admin' AND OLD.is_active AND (NEW.role_name <> 'crpm_admin' OR NOT NEW.is_active))
EXECUTE FUNCTION crpm.tg_users__keep_an_admin();
CREATE TRIGGER tg_users__end_sessions AFTER UPDATE ON crpm.users
FOR EACH ROW WHEN (OLD.password_hash IS DISTINCT FROM NEW.password_hash OR OLD.is_active AND NOT NEW.is_active)
EXECUTE FUNCTION crpm.tg_users__end_sessions();
CREATE TRIGGER tg_users__audit AFTER INSERT OR UPDATE OR DELETE ON crpm.users
FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__audit('user_id');

-- Rows that a load inserts name their load themselves; changes by a load are audited like anybody's.
CREATE TRIGGER tg_settings__audit AFTER INSERT OR UPDATE OR DELETE ON crpm.settings
FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__audit('settings_id');
CREATE TRIGGER tg_stores__audit_insert AFTER INSERT ON crpm.stores
FOR EACH ROW WHEN (NEW.load_file_id IS NULL) EXECUTE FUNCTION crpm.tg_any__audit('store_id');
CREATE TRIGGER tg_stores__audit AFTER UPDATE OR DELETE ON crpm.stores
FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__audit('store_id');
CREATE TRIGGER tg_customers__audit_insert AFTER INSERT ON crpm.customers
FOR EACH ROW WHEN (NEW.load_file_id IS NULL) EXECUTE FUNCTION crpm.tg_any__audit('customer_id');
CREATE TRIGGER tg_customers__audit AFTER UPDATE OR DELETE ON crpm.customers
FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__audit('customer_id');
CREATE TRIGGER tg_products__audit_insert AFTER INSERT ON crpm.products
FOR EACH ROW WHEN (NEW.load_file_id IS NULL) EXECUTE FUNCTION crpm.tg_any__audit('product_id');
CREATE TRIGGER tg_products__audit AFTER UPDATE OR DELETE ON crpm.products
FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__audit('product_id');

DO $$
DECLARE
    v_table text;
    v_key text;
    v_noted text;
BEGIN
    FOR v_table, v_key, v_noted IN
        VALUES
        ('exchange_rates', 'currency_code, rate_date', 'NEW.load_file_id IS NULL'),
        ('categories', 'category_id', 'crpm.acting_channel() <> ''loader'''),
        ('subcategories', 'subcategory_id', 'crpm.acting_channel() <> ''loader'''),
        ('product_barcodes', 'barcode', 'crpm.acting_channel() <> ''loader'''),
        ('product_prices', 'product_id, currency_code, valid_from', 'crpm.acting_channel() <> ''loader'''),
        ('product_costs', 'product_id, valid_from', 'crpm.acting_channel() <> ''loader'''),
        ('tax_rates', 'tax_class_id, country_code, valid_from', 'TRUE'),
        -- What a database is built with is nobody's change.
        ('tax_classes', 'tax_class_id', 'crpm.acting_channel() = ''app'''),
        ('currencies', 'currency_code', 'crpm.acting_channel() = ''app'''),
        ('countries', 'country_code', 'crpm.acting_channel() = ''app''')
    LOOP
        EXECUTE format(
            'CREATE TRIGGER %I AFTER INSERT ON crpm.%I FOR EACH ROW WHEN (%s) EXECUTE FUNCTION crpm.tg_any__audit(%s)',
            'tg_' || v_table || '__audit_insert', v_table, v_noted, v_key
        );
        EXECUTE format(
            'CREATE TRIGGER %I AFTER UPDATE OR DELETE ON crpm.%I FOR EACH ROW EXECUTE FUNCTION crpm.tg_any__audit(%s)',
            'tg_' || v_table || '__audit', v_table, v_key
        );
    END LOOP;
END
$$;

-- ---------------------------------------------------------------- prices and rates at a moment

CREATE FUNCTION crpm.rate_on(p_currency_code text, p_date date, OUT units_per_base numeric, OUT rate_date date)
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_settings crpm.settings;
BEGIN
    SELECT * INTO STRICT v_settings FROM crpm.settings;
    IF p_currency_code = v_settings.base_currency_code THEN
        units_per_base := 1;
        rate_date := p_date;
        RETURN;
    END IF;
    SELECT r.units_per_base, r.rate_date
    INTO units_per_base, rate_date
    FROM crpm.exchange_rates AS r
    WHERE
        r.currency_code = p_currency_code
        AND r.rate_date BETWEEN p_date - v_settings.max_rate_age_days AND p_date
    ORDER BY r.rate_date DESC
    LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'No exchange rate for % on % or the % days before. Add one, or choose another currency.',
            p_currency_code, p_date, v_settings.max_rate_age_days
            USING ERRCODE = 'check_violation', SCHEMA = 'crpm', TABLE = 'exchange_rates',
            CONSTRAINT = 'orders_currency_has_a_rate';
    END IF;
END
$$;
COMMENT ON FUNCTION crpm.rate_on(text, date) IS
'The rate that serves a day: the latest on or before it, no older than the setting allows; 1 for the base currency; an error where there is none.';

CREATE FUNCTION crpm.list_price(
    p_product_id bigint, p_currency_code text, p_base_currency_code text, p_rate numeric, p_minor_units smallint
) RETURNS TABLE (unit_price numeric, base_unit_price numeric)
LANGUAGE sql STABLE
AS $$
    SELECT
        coalesce(listed.unit_price, round(based.unit_price * p_rate, p_minor_units)),
        CASE WHEN listed.unit_price IS NULL THEN based.unit_price ELSE round(listed.unit_price / p_rate, 4) END
    FROM (VALUES (TRUE)) AS one (row)
    LEFT JOIN LATERAL (
        SELECT p.unit_price
        FROM crpm.product_prices AS p
        WHERE p.product_id = p_product_id AND p.currency_code = p_currency_code AND p.valid_from <= now()
        ORDER BY p.valid_from DESC
        LIMIT 1
    ) AS listed ON p_currency_code <> p_base_currency_code
    LEFT JOIN LATERAL (
        SELECT p.unit_price
        FROM crpm.product_prices AS p
        WHERE p.product_id = p_product_id AND p.currency_code = p_base_currency_code AND p.valid_from <= now()
        ORDER BY p.valid_from DESC
        LIMIT 1
    ) AS based ON TRUE
$$;
COMMENT ON FUNCTION crpm.list_price(bigint, text, text, numeric, smallint) IS
'List price of a product now, in a currency and in base: the currency''s own list where it has one, else the base price at the rate given, rounded to the minor unit. Null without a price.';

CREATE FUNCTION crpm.price_of(p_product_id bigint, p_currency_code text, p_rate numeric)
RETURNS TABLE (unit_price numeric, base_unit_price numeric)
LANGUAGE sql STABLE
AS $$
    SELECT
        l.unit_price,
        l.base_unit_price
    FROM crpm.settings AS s
    INNER JOIN crpm.currencies AS c ON c.currency_code = p_currency_code
    CROSS JOIN LATERAL crpm.list_price(p_product_id, p_currency_code, s.base_currency_code, p_rate, c.minor_units) AS l
$$;
COMMENT ON FUNCTION crpm.price_of(bigint, text, numeric) IS
'crpm.list_price for those who know the currency only. Nulls without a price.';

-- ---------------------------------------------------------------- the functions that alone write orders and stock
-- SECURITY DEFINER with a pinned search_path: the roles below hold EXECUTE on these and no INSERT on the tables.
-- Whatever moves stock does so in one global order, product before store, so that no two of them wait in a circle.

CREATE FUNCTION crpm.refuse(p_constraint text, p_message text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION '%', p_message USING ERRCODE = 'check_violation', SCHEMA = 'crpm', CONSTRAINT = p_constraint;
END
$$;
COMMENT ON FUNCTION crpm.refuse(text, text) IS
'Refuses what is being done, by the name of the broken rule, with the message for the person.';

CREATE FUNCTION crpm.active_store(p_store_id bigint) RETURNS crpm.stores
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_store crpm.stores;
BEGIN
    SELECT * INTO v_store FROM crpm.stores AS s WHERE s.store_id = p_store_id;
    IF NOT FOUND THEN
        PERFORM crpm.refuse('orders_store_is_known', format('There is no store %s.', coalesce(p_store_id::text, '(none)')));
    ELSIF NOT v_store.is_active THEN
        PERFORM crpm.refuse('orders_store_is_active', format('The store %s is not active. Activate it first.', v_store.name));
    END IF;
    PERFORM crpm.refuse_other_store(p_store_id);
    RETURN v_store;
END
$$;
COMMENT ON FUNCTION crpm.active_store(bigint) IS 'The store, or a refusal where it is unknown, not active, or not that of whoever works for one store alone.';

CREATE FUNCTION crpm.store_today(p_store crpm.stores) RETURNS date
LANGUAGE sql STABLE
AS $$
    SELECT (now() AT TIME ZONE p_store.time_zone)::date
$$;
COMMENT ON FUNCTION crpm.store_today(crpm.stores) IS 'The calendar day at the store.';

CREATE TYPE crpm.priced_line AS (
    product_id bigint,
    quantity integer,
    unit_price numeric,
    price_override_reason text,
    discount_amount numeric,
    tax_rate numeric,
    tax_amount numeric,
    line_amount numeric,
    base_unit_price numeric,
    base_unit_cost numeric,
    base_amount numeric
);
COMMENT ON TYPE crpm.priced_line IS 'A line of a purchase with its amounts worked out, not yet recorded.';

CREATE FUNCTION crpm.refuse_lines(
    p_product_ids bigint[], p_quantities numeric[], p_discounts numeric[], p_unit_prices numeric[], p_reasons text[]
) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_problem record;
BEGIN
    IF coalesce(cardinality(p_product_ids), 0) = 0 THEN
        PERFORM crpm.refuse('orders_have_lines', 'A purchase needs at least one product.');
    END IF;
    SELECT
        l.product_id, l.quantity, p.product_id IS NULL AS is_unknown, p.is_active,
        p.name || ' (' || p.sku || ')' AS product
    INTO v_problem
    FROM unnest(p_product_ids, p_quantities) WITH ORDINALITY AS l (product_id, quantity, place)
    LEFT JOIN crpm.products AS p ON l.product_id = p.product_id
    WHERE
        p.product_id IS NULL OR NOT p.is_active
        OR l.quantity IS NULL OR l.quantity <= 0 OR l.quantity <> trunc(l.quantity) OR l.quantity > 1000000
    ORDER BY l.place
    LIMIT 1;
    IF NOT FOUND
        OR cardinality(p_quantities) IS DISTINCT FROM cardinality(p_product_ids)
        OR cardinality(p_discounts) <> cardinality(p_product_ids)
        OR cardinality(p_unit_prices) <> cardinality(p_product_ids)
        OR cardinality(p_reasons) <> cardinality(p_product_ids) THEN
        PERFORM crpm.refuse('orders_lines_are_complete', 'Each line needs a product and a quantity.');
    ELSIF v_problem.is_unknown THEN
        PERFORM crpm.refuse(
            'order_lines_product_is_known', format('There is no product %s.', coalesce(v_problem.product_id::text, '(none)'))
        );
    ELSIF NOT v_problem.is_active THEN
        PERFORM crpm.refuse(
            'order_lines_product_is_active', format('%s is not active. Activate it, or take it off the purchase.', v_problem.product)
        );
    ELSE
        PERFORM crpm.refuse(
            'order_lines_quantity_is_positive',
            format('The quantity of %s must be a whole number from 1 to 1,000,000, not %s.', v_problem.product, coalesce(v_problem.quantity::text, 'nothing'))
        );
    END IF;
END
$$;
COMMENT ON FUNCTION crpm.refuse_lines(bigint[], numeric[], numeric[], numeric[], text[]) IS
'Refuses lines of which some cannot be sold: that name no product, an unknown or inactive one, or a quantity that is not a positive whole number.';

CREATE FUNCTION crpm.refuse_priced_lines(p_lines crpm.priced_line[]) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_line record;
BEGIN
    SELECT l.unit_price, l.quantity * l.unit_price AS price, p.name || ' (' || p.sku || ')' AS product
    INTO v_line
    FROM unnest(p_lines) AS l
    INNER JOIN crpm.products AS p ON l.product_id = p.product_id
    WHERE (l.discount_amount BETWEEN 0 AND l.quantity * l.unit_price AND l.line_amount >= 0) IS NOT TRUE
    ORDER BY l.product_id
    LIMIT 1;
    IF v_line.unit_price IS NULL THEN
        PERFORM crpm.refuse('order_lines_product_has_a_price', format('%s has no price. Give it one first.', v_line.product));
    END IF;
    PERFORM crpm.refuse(
        'order_lines_discount_is_within_the_price',
        format('The discount on %s must be between nothing and its price of %s.', v_line.product, v_line.price)
    );
END
$$;
COMMENT ON FUNCTION crpm.refuse_priced_lines(crpm.priced_line[]) IS
'Refuses lines of which some have no price, or a discount beyond it.';

CREATE FUNCTION crpm.price_lines(
    p_store crpm.stores, p_order_date date, p_currency_code text,
    p_product_ids bigint[], p_quantities numeric[], p_discounts numeric[],
    p_unit_prices numeric[], p_reasons text[], p_order_discount numeric,
    OUT exchange_rate numeric, OUT rate_date date,
    OUT lines crpm.priced_line[], OUT net_amount numeric, OUT tax_amount numeric, OUT base_amount numeric
)
LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_column
DECLARE
    v_base_currency text;
    v_minor_units smallint;
    v_base_minor_units smallint;
    v_sellable bigint;
    v_is_payable boolean;
BEGIN
    SELECT s.base_currency_code, charged.minor_units, base.minor_units
    INTO v_base_currency, v_minor_units, v_base_minor_units
    FROM crpm.settings AS s
    INNER JOIN crpm.currencies AS charged ON charged.currency_code = p_currency_code
    INNER JOIN crpm.currencies AS base ON s.base_currency_code = base.currency_code;
    IF NOT FOUND THEN
        PERFORM crpm.refuse('orders_currency_is_known', format('There is no currency %s.', p_currency_code));
    ELSIF p_currency_code = v_base_currency THEN
        exchange_rate := 1;
        rate_date := p_order_date;
    ELSE
        SELECT r.units_per_base, r.rate_date INTO exchange_rate, rate_date FROM crpm.rate_on(p_currency_code, p_order_date) AS r;
    END IF;
    WITH asked AS (
        -- The same product twice becomes one line, where it was first named.
        SELECT
            l.product_id,
            min(l.place) AS place,
            count(*) AS times,
            sum(l.quantity)::integer AS quantity,
            round(coalesce(sum(l.discount), 0), v_minor_units) AS discount,
            max(l.unit_price) AS override_price,
            max(l.reason) AS override_reason
        FROM unnest(p_product_ids, p_quantities, p_discounts, p_unit_prices, p_reasons)
            WITH ORDINALITY AS l (product_id, quantity, discount, unit_price, reason, place)
        WHERE l.quantity BETWEEN 1 AND 1000000 AND l.quantity = trunc(l.quantity)
        GROUP BY l.product_id
    ),

    priced AS (
        SELECT
            a.*,
            coalesce(a.override_price, price.unit_price) AS unit_price,
            CASE WHEN a.override_price IS NULL THEN price.base_unit_price ELSE round(a.override_price / exchange_rate, 4) END
                AS base_unit_price,
            coalesce(cost.unit_cost, 0) AS base_unit_cost,
            coalesce(tax.tax_rate, 0) AS tax_rate
        FROM asked AS a
        INNER JOIN crpm.products AS p ON a.product_id = p.product_id AND p.is_active
        CROSS JOIN LATERAL crpm.list_price(a.product_id, p_currency_code, v_base_currency, exchange_rate, v_minor_units) AS price
        LEFT JOIN LATERAL (
            SELECT c.unit_cost
            FROM crpm.product_costs AS c
            WHERE c.product_id = a.product_id AND c.valid_from <= now()
            ORDER BY c.valid_from DESC
            LIMIT 1
        ) AS cost ON TRUE
        LEFT JOIN LATERAL (
            SELECT t.tax_rate
            FROM crpm.tax_rates AS t
            WHERE t.tax_class_id = p.tax_class_id AND t.country_code = p_store.country_code AND t.valid_from <= p_order_date
            ORDER BY t.valid_from DESC
            LIMIT 1
        ) AS tax ON TRUE
    ),

    payable AS (
        SELECT
            p.*,
            round(p.quantity * p.unit_price, v_minor_units) - p.discount AS payable
        FROM priced AS p
    ),

    taxed AS (
        SELECT
            p.*,
            round(
                p.payable * CASE WHEN p_store.has_tax_inclusive_prices THEN p.tax_rate / (1 + p.tax_rate) ELSE p.tax_rate END,
                v_minor_units
            ) AS tax_amount
        FROM payable AS p
    ),

    charged AS (
        SELECT
            t.*,
            CASE WHEN p_store.has_tax_inclusive_prices THEN t.payable - t.tax_amount ELSE t.payable END AS line_amount
        FROM taxed AS t
    ),

    worth AS MATERIALIZED (
        -- In base the line is worth the same share of its list price as was charged of it.
        SELECT
            c.*,
            CASE
                WHEN c.quantity * c.unit_price = 0 THEN 0
                ELSE round(c.quantity * c.base_unit_price * c.line_amount / (c.quantity * c.unit_price), v_base_minor_units)
            END AS base_amount
        FROM charged AS c
    )

    SELECT
        array_agg(
            (
                w.product_id, w.quantity, w.unit_price, w.override_reason, w.discount, w.tax_rate, w.tax_amount, w.line_amount,
                w.base_unit_price, w.base_unit_cost, w.base_amount
            )::crpm.priced_line
            ORDER BY w.place
        ),
        sum(w.line_amount), sum(w.tax_amount), sum(w.base_amount),
        sum(w.times), bool_and(coalesce(w.discount BETWEEN 0 AND w.quantity * w.unit_price AND w.line_amount >= 0, FALSE))
    INTO lines, net_amount, tax_amount, base_amount, v_sellable, v_is_payable
    FROM worth AS w;
    IF (v_sellable, v_sellable) IS DISTINCT FROM (
        least(
            cardinality(p_product_ids), cardinality(p_quantities), cardinality(p_discounts), cardinality(p_unit_prices),
            cardinality(p_reasons)
        ),
        greatest(
            cardinality(p_product_ids), cardinality(p_quantities), cardinality(p_discounts), cardinality(p_unit_prices),
            cardinality(p_reasons)
        )
    ) THEN
        PERFORM crpm.refuse_lines(p_product_ids, p_quantities, p_discounts, p_unit_prices, p_reasons);
    ELSIF p_order_discount IS DISTINCT FROM 0 THEN
        IF p_order_discount IS NULL OR p_order_discount < 0
            OR p_order_discount > (SELECT sum(l.quantity * l.unit_price) FROM unnest(lines) AS l) THEN
            PERFORM crpm.refuse(
                'order_lines_discount_is_within_the_price',
                format('The discount of %s must be between nothing and the price of the purchase.', p_order_discount)
            );
        END IF;
        -- Shares by running sums add up to the discount to the cent. With them the lines are priced again.
        SELECT again.lines, again.net_amount, again.tax_amount, again.base_amount
        INTO lines, net_amount, tax_amount, base_amount
        FROM (
            SELECT
                array_agg(s.product_id ORDER BY s.ordinality) AS product_ids,
                array_agg(s.quantity::numeric ORDER BY s.ordinality) AS quantities,
                array_agg(s.discount_amount + s.share ORDER BY s.ordinality) AS discounts,
                array_agg(CASE WHEN s.price_override_reason IS NOT NULL THEN s.unit_price END ORDER BY s.ordinality) AS unit_prices,
                array_agg(s.price_override_reason ORDER BY s.ordinality) AS reasons
            FROM (
                SELECT
                    l.*,
                    coalesce(
                        round(p_order_discount * sum(l.payable) OVER running / nullif(sum(l.payable) OVER (), 0), v_minor_units)
                        - round(p_order_discount * (sum(l.payable) OVER running - l.payable) / nullif(sum(l.payable) OVER (), 0), v_minor_units),
                        0
                    ) AS share
                FROM (
                    SELECT
                        u.*,
                        round(u.quantity * u.unit_price, v_minor_units) - u.discount_amount AS payable
                    FROM unnest(lines) WITH ORDINALITY AS u
                ) AS l
                WINDOW running AS (ORDER BY l.ordinality)
            ) AS s
        ) AS spread
        CROSS JOIN LATERAL crpm.price_lines(
            p_store, p_order_date, p_currency_code,
            spread.product_ids, spread.quantities, spread.discounts, spread.unit_prices, spread.reasons, 0
        ) AS again;
    ELSIF NOT v_is_payable THEN
        PERFORM crpm.refuse_priced_lines(lines);
    END IF;
END
$$;
COMMENT ON FUNCTION crpm.price_lines(
    crpm.stores, date, text, bigint[], numeric[], numeric[], numeric[], text[], numeric
) IS 'The lines of a purchase with price, discount, tax and base amounts worked out, in the order in which they were named, their sums, and the exchange rate.
Refuses what cannot be sold, has no price, or a discount beyond it.';

CREATE FUNCTION crpm.check_price_overrides(p_unit_prices numeric[], p_reasons text[]) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_prices numeric[] := array_remove(p_unit_prices, NULL);
    v_wrong numeric;
BEGIN
    IF coalesce(cardinality(v_prices), 0) = 0 THEN
        RETURN;
    ELSIF NOT crpm.acts_as('crpm_manager') THEN
        PERFORM crpm.refuse(
            'order_lines_price_override_is_allowed', 'Only a manager may set another price. Take it off, or ask a manager.'
        );
    ELSIF EXISTS (
        SELECT 1
        FROM unnest(p_unit_prices, p_reasons) AS o (unit_price, reason)
        WHERE o.unit_price IS NOT NULL AND coalesce(btrim(o.reason), '') = ''
    ) THEN
        PERFORM crpm.refuse('order_lines_price_override_is_allowed', 'Another price needs a reason. Say why.');
    END IF;
    -- What is no number counts as more than any.
    SELECT o.unit_price INTO v_wrong FROM unnest(v_prices) AS o (unit_price) WHERE o.unit_price NOT BETWEEN 0 AND 1000000000000 LIMIT 1;
    IF FOUND THEN
        PERFORM crpm.refuse('order_lines_unit_price_is_not_negative', format('A price cannot be %s.', v_wrong));
    END IF;
END
$$;
COMMENT ON FUNCTION crpm.check_price_overrides(numeric[], text[]) IS
'Refuses prices other than the list''s by anybody below a manager, without a reason, or that are no price.';

CREATE FUNCTION crpm.check_payments(p_methods text[], p_amounts numeric[], p_total numeric, p_currency_code text) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_minor_units smallint := (SELECT c.minor_units FROM crpm.currencies AS c WHERE c.currency_code = p_currency_code);
    v_wrong numeric;
    v_sum numeric := (SELECT sum(a.amount) FROM unnest(p_amounts) AS a (amount));
BEGIN
    IF cardinality(p_methods) IS DISTINCT FROM cardinality(p_amounts)
        OR array_position(p_methods, NULL) IS NOT NULL OR array_position(p_amounts, NULL) IS NOT NULL THEN
        PERFORM crpm.refuse('payments_are_complete', 'Each payment needs a method and an amount.');
    END IF;
    SELECT a.amount
    INTO v_wrong
    FROM unnest(p_amounts) WITH ORDINALITY AS a (amount, place)
    WHERE a.amount < 0 OR a.amount <> round(a.amount, v_minor_units)
    ORDER BY a.place
    LIMIT 1;
    IF FOUND THEN
        PERFORM crpm.refuse(
            'payments_amounts_are_payable',
            format('A payment for a purchase is an amount of %s that can be paid, not %s.', p_currency_code, v_wrong)
        );
    ELSIF v_sum IS DISTINCT FROM p_total THEN
        PERFORM crpm.refuse(
            'payments_add_up_to_the_total',
            format(
                'The payments must add up to the total of %s %s; %s %s.',
                p_total, p_currency_code, abs(p_total - v_sum), CASE WHEN v_sum < p_total THEN 'is missing' ELSE 'is too much' END
            )
        );
    END IF;
END
$$;
COMMENT ON FUNCTION crpm.check_payments(text[], numeric[], numeric, text) IS
'Refuses payments of a purchase that lack a method or an amount, are negative or finer than the currency''s minor unit, or do not add up to the total.';

CREATE FUNCTION crpm.record_purchase(
    p_store_id bigint,
    p_product_ids bigint[],
    p_quantities numeric[],
    p_request_id uuid,
    p_customer_id bigint DEFAULT NULL,
    p_order_date date DEFAULT NULL,
    p_currency_code text DEFAULT NULL,
    p_discounts numeric[] DEFAULT NULL,
    p_unit_prices numeric[] DEFAULT NULL,
    p_price_reasons text[] DEFAULT NULL,
    p_order_discount numeric DEFAULT 0,
    p_payment_methods text[] DEFAULT NULL,
    p_payment_amounts numeric[] DEFAULT NULL,
    OUT order_id bigint,
    OUT order_number text,
    OUT total_amount numeric,
    OUT currency_code text,
    OUT was_recorded_before boolean
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- Its statements are planned once a session: planning them for each call's arguments costs more than running them.
SET plan_cache_mode = force_generic_plan
-- Compiling them, which a server does by default, would cost seconds.
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    v_hash CONSTANT text := md5(row(
        p_product_ids, p_quantities, p_customer_id, p_order_date, p_currency_code, p_discounts, p_unit_prices,
        p_price_reasons, p_order_discount, p_payment_methods, p_payment_amounts
    )::text);
    v_store crpm.stores := crpm.active_store(p_store_id);
    v_today date := crpm.store_today(v_store);
    v_date date := coalesce(p_order_date, v_today);
    v_currency text := coalesce(p_currency_code, v_store.currency_code);
    v_customer record;
    v_priced record;
    v_payments numeric[];
    v_earlier record;
BEGIN
    IF p_request_id IS NULL THEN
        PERFORM crpm.refuse('orders_have_a_request', 'A purchase needs a request id, so that sending it twice records it once.');
    END IF;
    SELECT * INTO v_earlier FROM crpm.orders AS o WHERE o.store_id = p_store_id AND o.request_id = p_request_id;
    IF NOT FOUND THEN
        IF v_date > v_today THEN
            PERFORM crpm.refuse('orders_date_is_not_in_the_future', format('%s is in the future; today at %s is %s.', v_date, v_store.name, v_today));
        ELSIF v_date < v_store.opening_count_on THEN
            PERFORM crpm.refuse(
                'orders_date_is_not_before_the_opening_count',
                format('Stock at %s was first counted on %s; a sale on %s is before that and cannot take stock.', v_store.name, v_store.opening_count_on, v_date)
            );
        END IF;
        IF p_customer_id IS NOT NULL THEN
            SELECT c.name, c.is_active INTO v_customer FROM crpm.customers AS c WHERE c.customer_id = p_customer_id;
            IF NOT FOUND THEN
                PERFORM crpm.refuse('orders_customer_is_known', format('There is no customer %s.', p_customer_id));
            ELSIF NOT v_customer.is_active THEN
                PERFORM crpm.refuse('orders_customer_is_active', format('The customer %s is not active. Activate the customer first.', v_customer.name));
            END IF;
        END IF;
        IF p_unit_prices IS NOT NULL THEN
            PERFORM crpm.check_price_overrides(p_unit_prices, p_price_reasons);
        END IF;
        v_priced := crpm.price_lines(
            v_store, v_date, v_currency, p_product_ids, p_quantities, p_discounts, p_unit_prices, p_price_reasons,
            p_order_discount
        );
        -- One method without an amount paid it all.
        v_payments := coalesce(
            p_payment_amounts, CASE WHEN cardinality(p_payment_methods) = 1 THEN ARRAY[v_priced.net_amount + v_priced.tax_amount] END
        );
        IF p_payment_methods IS NOT NULL OR p_payment_amounts IS NOT NULL THEN
            PERFORM crpm.check_payments(p_payment_methods, v_payments, v_priced.net_amount + v_priced.tax_amount, v_currency);
        END IF;
        order_id := nextval('crpm.orders_order_id_seq');
        INSERT INTO crpm.orders (
            store_id, order_id, order_number, customer_id, order_date, ordered_at, currency_code, exchange_rate, rate_date,
            net_amount, tax_amount, total_amount, base_amount, request_id, request_hash
        )
        OVERRIDING SYSTEM VALUE
        VALUES (
            p_store_id, order_id, 'S' || p_store_id || '-' || order_id, p_customer_id, v_date, now(), v_currency,
            v_priced.exchange_rate, v_priced.rate_date, v_priced.net_amount, v_priced.tax_amount,
            v_priced.net_amount + v_priced.tax_amount, v_priced.base_amount,
            p_request_id, v_hash
        )
        ON CONFLICT ON CONSTRAINT orders_request_is_recorded_once DO NOTHING
        RETURNING order_id, order_number, total_amount, currency_code, request_hash INTO v_earlier;
        was_recorded_before := NOT FOUND;
        IF was_recorded_before THEN
            -- The same request came in twice at once, and the other one was first.
            SELECT * INTO v_earlier FROM crpm.orders AS o WHERE o.store_id = p_store_id AND o.request_id = p_request_id;
        ELSE
            INSERT INTO crpm.order_lines (
                store_id, order_id, line_number, product_id, quantity, unit_price, price_override_reason, discount_amount,
                tax_rate, tax_amount, line_amount, base_unit_price, base_unit_cost, base_amount
            )
            SELECT
                p_store_id, v_earlier.order_id, l.ordinality, l.product_id, l.quantity, l.unit_price,
                l.price_override_reason, l.discount_amount, l.tax_rate, l.tax_amount, l.line_amount, l.base_unit_price,
                l.base_unit_cost, l.base_amount
            FROM unnest(v_priced.lines) WITH ORDINALITY AS l
            -- The order in which stock is taken, by everybody.
            ORDER BY l.product_id;
            IF v_payments IS NOT NULL THEN
                INSERT INTO crpm.payments (store_id, order_id, payment_number, method, amount)
                SELECT p_store_id, v_earlier.order_id, y.place, y.method, y.amount
                FROM unnest(p_payment_methods, v_payments) WITH ORDINALITY AS y (method, amount, place)
                WHERE y.amount <> 0;
            END IF;
            DELETE FROM crpm.parked_purchases AS p WHERE p.store_id = p_store_id AND p.request_id = p_request_id;
        END IF;
    ELSE
        was_recorded_before := TRUE;
    END IF;
    IF was_recorded_before AND v_earlier.request_hash <> v_hash THEN
        PERFORM crpm.refuse(
            'orders_request_is_recorded_once',
            format('This request was already recorded as order %s with other content.', v_earlier.order_number)
        );
    END IF;
    order_id := v_earlier.order_id;
    order_number := v_earlier.order_number;
    total_amount := v_earlier.total_amount;
    currency_code := v_earlier.currency_code;
END
$$;
COMMENT ON FUNCTION crpm.record_purchase IS
'Records a purchase with its lines and payments and takes the stock, all or nothing. The same request id again returns the same order and records nothing. Parked no longer once it is recorded.
Discounts and override prices are in the order''s currency, one per product id; null where there are none.';

CREATE FUNCTION crpm.quote_purchase(
    p_store_id bigint,
    p_product_ids bigint[],
    p_quantities numeric[],
    p_order_date date DEFAULT NULL,
    p_currency_code text DEFAULT NULL,
    p_discounts numeric[] DEFAULT NULL,
    p_order_discount numeric DEFAULT 0,
    p_unit_prices numeric[] DEFAULT NULL,
    p_price_reasons text[] DEFAULT NULL
) RETURNS TABLE (
    line_number integer,
    product_id bigint,
    sku text,
    product_name text,
    quantity integer,
    list_price numeric,
    unit_price numeric,
    discount_amount numeric,
    tax_amount numeric,
    line_amount numeric,
    currency_code text,
    on_hand integer
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_store crpm.stores := crpm.active_store(p_store_id);
    v_date date := coalesce(p_order_date, crpm.store_today(v_store));
    v_currency text := coalesce(p_currency_code, v_store.currency_code);
    v_priced record;
BEGIN
    PERFORM crpm.check_price_overrides(p_unit_prices, p_price_reasons);
    v_priced := crpm.price_lines(
        v_store, v_date, v_currency, p_product_ids, p_quantities, p_discounts, p_unit_prices, p_price_reasons, p_order_discount
    );
    RETURN QUERY
    SELECT
        l.ordinality::integer, l.product_id, p.sku, p.name, l.quantity, price.unit_price, l.unit_price, l.discount_amount,
        l.tax_amount, l.line_amount, v_currency, coalesce(s.on_hand, 0)
    FROM unnest(v_priced.lines) WITH ORDINALITY AS l
    INNER JOIN crpm.products AS p ON l.product_id = p.product_id
    CROSS JOIN LATERAL crpm.price_of(l.product_id, v_currency, v_priced.exchange_rate) AS price
    LEFT JOIN crpm.stock_levels AS s ON s.store_id = p_store_id AND l.product_id = s.product_id
    ORDER BY l.ordinality;
END
$$;
COMMENT ON FUNCTION crpm.quote_purchase IS
'What crpm.record_purchase would charge for these lines now, and what is on hand; records nothing. Grain: one row per product. The list price stands beside the price where a manager has set another.';

CREATE FUNCTION crpm.park_purchase(
    p_store_id bigint,
    p_request_id uuid,
    p_till_id uuid,
    p_basket jsonb,
    p_customer_id bigint DEFAULT NULL,
    p_note text DEFAULT ''
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_order text;
BEGIN
    PERFORM crpm.active_store(p_store_id);
    SELECT o.order_number INTO v_order FROM crpm.orders AS o WHERE o.store_id = p_store_id AND o.request_id = p_request_id;
    IF FOUND THEN
        PERFORM crpm.refuse('parked_purchases_are_not_recorded', format('This purchase was already recorded as order %s.', v_order));
    END IF;
    INSERT INTO crpm.parked_purchases AS p (store_id, request_id, basket, customer_id, note)
    VALUES (p_store_id, p_request_id, p_basket, p_customer_id, btrim(p_note))
    -- Parked before: taken up at this till since, or asked again because the answer got lost.
    ON CONFLICT ON CONSTRAINT parked_purchases_pkey DO UPDATE
    SET
        basket = excluded.basket, customer_id = excluded.customer_id, note = excluded.note,
        parked_by = excluded.parked_by, parked_at = excluded.parked_at, till_id = NULL, taken_by = NULL, taken_at = NULL
    WHERE p.till_id IS NULL OR p.till_id = p_till_id;
    IF NOT FOUND THEN
        PERFORM crpm.refuse_taken(p_store_id, p_request_id);
    END IF;
END
$$;
COMMENT ON FUNCTION crpm.park_purchase IS
'Sets a purchase aside at a store. The same request id again replaces what is parked, unless another till has taken it up since.';

CREATE FUNCTION crpm.refuse_taken(p_store_id bigint, p_request_id uuid) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    PERFORM crpm.refuse('parked_purchases_are_taken_once', format('%s has taken this purchase up at another till.', p.taken_by))
    FROM crpm.parked_purchases AS p
    WHERE p.store_id = p_store_id AND p.request_id = p_request_id;
    PERFORM crpm.refuse('parked_purchases_are_there', 'This purchase is not parked any more: it was recorded or discarded.');
END
$$;
COMMENT ON FUNCTION crpm.refuse_taken(bigint, uuid) IS 'Refuses a parked purchase that another till has, or that is gone.';

CREATE FUNCTION crpm.take_up_purchase(
    p_store_id bigint, p_request_id uuid, p_till_id uuid, p_is_taken_over boolean DEFAULT FALSE
) RETURNS crpm.parked_purchases
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_taken crpm.parked_purchases;
BEGIN
    PERFORM crpm.refuse_other_store(p_store_id);
    UPDATE crpm.parked_purchases AS p
    SET till_id = p_till_id, taken_by = crpm.acting_user(), taken_at = now()
    WHERE
        p.store_id = p_store_id AND p.request_id = p_request_id
        AND (p.till_id IS NULL OR p.till_id = p_till_id OR p_is_taken_over)
    RETURNING p.* INTO v_taken;
    IF NOT FOUND THEN
        PERFORM crpm.refuse_taken(p_store_id, p_request_id);
    END IF;
    RETURN v_taken;
END
$$;
COMMENT ON FUNCTION crpm.take_up_purchase IS
'Gives a parked purchase to one till, which may ask again; another till is refused, unless it takes over on purpose. The row stays until it is recorded or discarded: a lost answer loses nothing.';

CREATE FUNCTION crpm.discard_parked_purchase(p_store_id bigint, p_request_id uuid, p_till_id uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM crpm.refuse_other_store(p_store_id);
    DELETE FROM crpm.parked_purchases AS p
    WHERE p.store_id = p_store_id AND p.request_id = p_request_id AND (p.till_id IS NULL OR p.till_id = p_till_id);
    IF NOT FOUND AND EXISTS (
        SELECT 1 FROM crpm.parked_purchases AS p WHERE p.store_id = p_store_id AND p.request_id = p_request_id
    ) THEN
        PERFORM crpm.refuse_taken(p_store_id, p_request_id);
    END IF;
END
$$;
COMMENT ON FUNCTION crpm.discard_parked_purchase IS
'Throws a parked purchase away, unless another till has it; one that is gone already stays gone.';

CREATE FUNCTION crpm.record_return(
    p_store_id bigint,
    p_order_id bigint,
    p_line_number integer,
    p_quantity numeric,
    p_reason text,
    p_is_restocked boolean,
    p_request_id uuid,
    p_received_store_id bigint DEFAULT NULL,
    p_refund_method text DEFAULT NULL,
    OUT return_number integer,
    OUT refund_amount numeric,
    OUT currency_code text
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_received crpm.stores := crpm.active_store(coalesce(p_received_store_id, p_store_id));
    v_order crpm.orders;
    v_line crpm.order_lines;
    v_earlier record;
    v_share numeric;
    v_minor smallint;
    v_base_minor smallint;
    v_return crpm.returns;
BEGIN
    PERFORM crpm.refuse_other_store(p_store_id);
    SELECT * INTO v_order FROM crpm.orders AS o WHERE o.store_id = p_store_id AND o.order_id = p_order_id FOR UPDATE;
    IF NOT FOUND OR v_order.status <> 'recorded' THEN
        PERFORM crpm.refuse('returns_order_is_recorded', 'There is no such order, or it was cancelled.');
    END IF;
    SELECT * INTO v_line
    FROM crpm.order_lines AS l
    WHERE l.store_id = p_store_id AND l.order_id = p_order_id AND l.line_number = p_line_number;
    IF NOT FOUND THEN
        PERFORM crpm.refuse('returns_line_is_known', format('Order %s has no line %s.', v_order.order_number, p_line_number));
    END IF;
    SELECT * INTO v_return FROM crpm.returns AS r WHERE r.store_id = p_store_id AND r.request_id = p_request_id;
    IF FOUND THEN
        IF (v_return.order_id, v_return.line_number, v_return.quantity) IS DISTINCT FROM (p_order_id, p_line_number, p_quantity) THEN
            PERFORM crpm.refuse('returns_request_is_recorded_once', 'This request was already recorded as another return.');
        END IF;
        return_number := v_return.return_number;
        refund_amount := v_return.line_amount + v_return.tax_amount;
        currency_code := v_order.currency_code;
        RETURN;
    END IF;
    IF p_quantity IS NULL OR p_quantity <= 0 OR p_quantity <> trunc(p_quantity)
        OR p_quantity > v_line.quantity - v_line.returned_quantity THEN
        PERFORM crpm.refuse(
            'order_lines_returns_are_within_the_quantity',
            format(
                'Of the %s bought, %s came back already: between 1 and %s can be returned, not %s.',
                v_line.quantity, v_line.returned_quantity, v_line.quantity - v_line.returned_quantity,
                coalesce(p_quantity::text, 'nothing')
            )
        );
    END IF;
    SELECT c.minor_units INTO v_minor FROM crpm.currencies AS c WHERE c.currency_code = v_order.currency_code;
    SELECT c.minor_units INTO v_base_minor
    FROM crpm.currencies AS c INNER JOIN crpm.settings AS s ON c.currency_code = s.base_currency_code;
    SELECT
        count(*)::integer AS returns, coalesce(sum(r.line_amount + r.withheld_amount), 0) AS line_amount,
        coalesce(sum(r.tax_amount), 0) AS tax_amount,
        coalesce(sum(r.base_amount + r.base_withheld_amount), 0) AS base_amount
    INTO v_earlier
    FROM crpm.returns AS r
    WHERE r.store_id = p_store_id AND r.order_id = p_order_id AND r.line_number = p_line_number;
    -- What all pieces returned so far are worth, less what was refunded before: the last piece brings the rest, to the cent.
    v_share := (v_line.returned_quantity + p_quantity) / v_line.quantity;
    INSERT INTO crpm.returns (
        store_id, order_id, line_number, return_number, quantity, returned_on, received_store_id, is_restocked, reason,
        line_amount, tax_amount, base_amount, request_id
    )
    VALUES (
        p_store_id, p_order_id, p_line_number, v_earlier.returns + 1, p_quantity, crpm.store_today(v_received),
        v_received.store_id, p_is_restocked, p_reason,
        CASE WHEN v_share = 1 THEN v_line.line_amount ELSE round(v_line.line_amount * v_share, v_minor) END - v_earlier.line_amount,
        CASE WHEN v_share = 1 THEN v_line.tax_amount ELSE round(v_line.tax_amount * v_share, v_minor) END - v_earlier.tax_amount,
        CASE WHEN v_share = 1 THEN v_line.base_amount ELSE round(v_line.base_amount * v_share, v_base_minor) END - v_earlier.base_amount,
        p_request_id
    )
    RETURNING * INTO v_return;
    return_number := v_return.return_number;
    refund_amount := v_return.line_amount + v_return.tax_amount;
    currency_code := v_order.currency_code;
    IF p_refund_method IS NOT NULL AND refund_amount <> 0 THEN
        -- What imported orders were paid is not known here.
        IF v_order.source_system IS NULL AND refund_amount > (
            SELECT coalesce(sum(y.amount), 0) FROM crpm.payments AS y WHERE y.store_id = p_store_id AND y.order_id = p_order_id
        ) THEN
            PERFORM crpm.refuse(
                'payments_refund_is_of_what_was_paid',
                format('Order %s has not been paid, so nothing can be paid back. Record the return without a refund.', v_order.order_number)
            );
        END IF;
        INSERT INTO crpm.payments (store_id, order_id, payment_number, method, amount)
        SELECT p_store_id, p_order_id, coalesce(max(y.payment_number), 0) + 1, p_refund_method, -refund_amount
        FROM crpm.payments AS y
        WHERE y.store_id = p_store_id AND y.order_id = p_order_id;
    END IF;
END
$$;
COMMENT ON FUNCTION crpm.record_return IS
'Records goods that came back, today at the receiving store: refunds their share of what was charged and, if restocked, puts them on its shelf.';

CREATE FUNCTION crpm.cancel_order(p_store_id bigint, p_order_id bigint, p_reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_store crpm.stores := crpm.active_store(p_store_id);
    v_order crpm.orders;
BEGIN
    SELECT * INTO v_order FROM crpm.orders AS o WHERE o.store_id = p_store_id AND o.order_id = p_order_id FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM crpm.refuse('orders_order_is_known', 'There is no such order.');
    ELSIF v_order.status = 'cancelled' THEN
        PERFORM crpm.refuse('orders_are_cancelled_once', format('Order %s is cancelled already.', v_order.order_number));
    ELSIF v_order.order_date <> crpm.store_today(v_store) THEN
        PERFORM crpm.refuse(
            'orders_are_cancelled_within_their_day',
            format('Order %s is of %s and can no longer be cancelled. Record a return instead.', v_order.order_number, v_order.order_date)
        );
    ELSIF EXISTS (SELECT 1 FROM crpm.returns AS r WHERE r.store_id = p_store_id AND r.order_id = p_order_id) THEN
        PERFORM crpm.refuse(
            'orders_with_returns_are_not_cancelled',
            format('Order %s has returns and cannot be cancelled. Return the rest instead.', v_order.order_number)
        );
    ELSIF coalesce(btrim(p_reason), '') = '' THEN
        PERFORM crpm.refuse('orders_cancelled_has_its_reason', 'Say why the order is cancelled.');
    END IF;
    UPDATE crpm.orders AS o
    SET
        status = 'cancelled', cancelled_at = now(), cancelled_by = crpm.acting_user(), cancel_channel = crpm.acting_channel(),
        cancel_reason = p_reason
    WHERE o.store_id = p_store_id AND o.order_id = p_order_id;
    INSERT INTO crpm.payments (store_id, order_id, payment_number, method, amount)
    SELECT p_store_id, p_order_id, y.last_number + row_number() OVER (ORDER BY y.method), y.method, -y.paid
    FROM (
        SELECT p.method, sum(p.amount) AS paid, max(max(p.payment_number)) OVER () AS last_number
        FROM crpm.payments AS p
        WHERE p.store_id = p_store_id AND p.order_id = p_order_id
        GROUP BY p.method
    ) AS y
    WHERE y.paid <> 0;
END
$$;
COMMENT ON FUNCTION crpm.cancel_order IS 'Cancels an order within its day: its stock comes back and its payments are reversed, exactly once.';

CREATE FUNCTION crpm.mark_delivered(p_store_id bigint, p_order_id bigint, p_delivered_on date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_before date;
BEGIN
    PERFORM crpm.refuse_other_store(p_store_id);
    SELECT o.delivered_on INTO v_before
    FROM crpm.orders AS o
    WHERE o.store_id = p_store_id AND o.order_id = p_order_id
    FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM crpm.refuse('orders_order_is_known', 'There is no such order.');
    END IF;
    UPDATE crpm.orders AS o
    SET
        delivered_on = p_delivered_on, delivery_noted_at = now(), delivery_noted_by = crpm.acting_user(),
        delivery_channel = crpm.acting_channel()
    WHERE o.store_id = p_store_id AND o.order_id = p_order_id;
    IF v_before IS DISTINCT FROM p_delivered_on THEN
        INSERT INTO crpm.audit_log (table_name, row_key, action, old_values, new_values)
        VALUES (
            'orders', p_store_id || '/' || p_order_id, 'update',
            jsonb_build_object('delivered_on', v_before), jsonb_build_object('delivered_on', p_delivered_on)
        );
    END IF;
END
$$;
COMMENT ON FUNCTION crpm.mark_delivered IS 'Notes the day an order reached the customer, and in the audit log who noted it.';

CREATE FUNCTION crpm.check_stock_lines(p_product_ids bigint[], p_quantities numeric[], p_smallest numeric) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_problem record;
BEGIN
    IF coalesce(cardinality(p_product_ids), 0) = 0
        OR cardinality(p_product_ids) IS DISTINCT FROM cardinality(p_quantities) THEN
        PERFORM crpm.refuse('stock_movements_lines_are_complete', 'Give at least one product, each with a quantity.');
    END IF;
    SELECT l.product_id, l.quantity, p.name || ' (' || p.sku || ')' AS product
    INTO v_problem
    FROM unnest(p_product_ids, p_quantities) WITH ORDINALITY AS l (product_id, quantity, place)
    LEFT JOIN crpm.products AS p ON l.product_id = p.product_id
    WHERE
        p.product_id IS NULL
        OR l.quantity IS NULL OR l.quantity < p_smallest OR l.quantity <> trunc(l.quantity) OR l.quantity > 1000000000
    ORDER BY l.place
    LIMIT 1;
    IF FOUND AND v_problem.product IS NULL THEN
        PERFORM crpm.refuse(
            'stock_movements_product_is_known', format('There is no product %s.', coalesce(v_problem.product_id::text, '(none)'))
        );
    ELSIF FOUND THEN
        PERFORM crpm.refuse(
            'stock_movements_quantity_is_whole',
            format(
                'The quantity of %s must be a whole number from %s to 1,000,000,000, not %s.',
                v_problem.product, p_smallest, coalesce(v_problem.quantity::text, 'nothing')
            )
        );
    END IF;
END
$$;
COMMENT ON FUNCTION crpm.check_stock_lines(bigint[], numeric[], numeric) IS
'Refuses stock lines that name no product or no whole number of pieces.';

CREATE FUNCTION crpm.open_stock(
    p_store_id bigint, p_product_ids bigint[], p_quantities numeric[], p_document text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_store crpm.stores := crpm.active_store(p_store_id);
    v_counted text;
BEGIN
    PERFORM crpm.check_stock_lines(p_product_ids, p_quantities, 0);
    -- Rows to lock, so that two openings at once follow each other.
    INSERT INTO crpm.stock_levels (store_id, product_id, on_hand)
    SELECT DISTINCT p_store_id, l.product_id, 0
    FROM unnest(p_product_ids, p_quantities) AS l (product_id, quantity)
    WHERE l.quantity > 0
    ORDER BY l.product_id
    ON CONFLICT (store_id, product_id) DO NOTHING;
    PERFORM 1
    FROM crpm.stock_levels AS l
    WHERE l.store_id = p_store_id AND l.product_id = ANY(p_product_ids)
    ORDER BY l.product_id
    FOR UPDATE;
    SELECT p.name || ' (' || p.sku || ')' INTO v_counted
    FROM crpm.stock_movements AS m
    INNER JOIN crpm.products AS p ON m.product_id = p.product_id
    WHERE m.store_id = p_store_id AND m.product_id = ANY(p_product_ids)
    LIMIT 1;
    IF FOUND THEN
        PERFORM crpm.refuse(
            'stock_movements_opening_comes_first',
            format('%s already has stock movements at %s. Adjust its stock instead.', v_counted, v_store.name)
        );
    END IF;
    INSERT INTO crpm.stock_movements (store_id, product_id, movement_type, quantity, occurred_on, document)
    SELECT p_store_id, l.product_id, 'opening', sum(l.quantity), crpm.store_today(v_store), p_document
    FROM unnest(p_product_ids, p_quantities) AS l (product_id, quantity)
    WHERE l.quantity > 0
    GROUP BY l.product_id
    ORDER BY l.product_id;
    UPDATE crpm.stores AS s
    SET opening_count_on = crpm.store_today(v_store)
    WHERE s.store_id = p_store_id AND s.opening_count_on IS NULL;
END
$$;
COMMENT ON FUNCTION crpm.open_stock IS
'Books the opening count of products that have no movement yet at a store, and notes its day as the store''s cut-over if it is the first.';

CREATE FUNCTION crpm.receive_stock(
    p_store_id bigint, p_product_ids bigint[], p_quantities numeric[], p_document text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_store crpm.stores := crpm.active_store(p_store_id);
BEGIN
    PERFORM crpm.check_stock_lines(p_product_ids, p_quantities, 1);
    INSERT INTO crpm.stock_movements (store_id, product_id, movement_type, quantity, occurred_on, document)
    SELECT p_store_id, l.product_id, 'receipt', l.quantity, crpm.store_today(v_store), p_document
    FROM unnest(p_product_ids, p_quantities) AS l (product_id, quantity)
    ORDER BY l.product_id;
END
$$;
COMMENT ON FUNCTION crpm.receive_stock IS 'Books goods received at a store today.';

CREATE FUNCTION crpm.adjust_stock(
    p_store_id bigint, p_product_id bigint, p_counted numeric, p_reason text, p_document text DEFAULT NULL
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_store crpm.stores := crpm.active_store(p_store_id);
    v_on_hand integer;
BEGIN
    PERFORM crpm.check_stock_lines(ARRAY[p_product_id], ARRAY[p_counted], 0);
    IF coalesce(btrim(p_reason), '') = '' THEN
        PERFORM crpm.refuse('stock_movements_adjustment_has_a_reason', 'Say why the stock is adjusted.');
    END IF;
    -- A row to lock, so that two counts at once follow each other.
    INSERT INTO crpm.stock_levels (store_id, product_id, on_hand)
    VALUES (p_store_id, p_product_id, 0)
    ON CONFLICT (store_id, product_id) DO NOTHING;
    SELECT l.on_hand INTO STRICT v_on_hand
    FROM crpm.stock_levels AS l
    WHERE l.store_id = p_store_id AND l.product_id = p_product_id
    FOR UPDATE;
    IF p_counted <> v_on_hand THEN
        INSERT INTO crpm.stock_movements (store_id, product_id, movement_type, quantity, occurred_on, reason, document)
        VALUES (
            p_store_id, p_product_id, 'adjustment', p_counted - v_on_hand, crpm.store_today(v_store), p_reason, p_document
        );
    END IF;
    RETURN p_counted - v_on_hand;
END
$$;
COMMENT ON FUNCTION crpm.adjust_stock IS
'Sets a product''s stock at a store to what was counted, by a ledger row over the difference, which it returns.';

CREATE FUNCTION crpm.transfer_stock(
    p_from_store_id bigint, p_to_store_id bigint, p_product_ids bigint[], p_quantities numeric[], p_document text DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_from crpm.stores := crpm.active_store(p_from_store_id);
    v_to crpm.stores := crpm.active_store(p_to_store_id);
BEGIN
    IF p_from_store_id = p_to_store_id THEN
        PERFORM crpm.refuse('stock_movements_transfer_goes_elsewhere', 'Choose another store to transfer to.');
    END IF;
    PERFORM crpm.check_stock_lines(p_product_ids, p_quantities, 1);
    INSERT INTO crpm.stock_movements (store_id, product_id, movement_type, quantity, occurred_on, document, reason)
    SELECT side.store_id, l.product_id, 'transfer', side.sign * l.quantity, side.today, p_document, side.note
    FROM unnest(p_product_ids, p_quantities) AS l (product_id, quantity)
    CROSS JOIN (
        VALUES
        (p_from_store_id, -1, crpm.store_today(v_from), 'to ' || v_to.name),
        (p_to_store_id, 1, crpm.store_today(v_to), 'from ' || v_from.name)
    ) AS side (store_id, sign, today, note)
    ORDER BY l.product_id, side.store_id;
END
$$;
COMMENT ON FUNCTION crpm.transfer_stock IS 'Moves pieces from one store to another: out of one ledger and into the other, or not at all.';

CREATE FUNCTION crpm.make_count_sheet(p_store_id bigint, p_category_id bigint DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_store crpm.stores := crpm.active_store(p_store_id);
    v_sheet bigint;
    v_lines integer;
BEGIN
    INSERT INTO crpm.count_sheets (store_id, category_id)
    VALUES (p_store_id, p_category_id)
    RETURNING count_sheet_id INTO v_sheet;
    INSERT INTO crpm.count_sheet_lines (count_sheet_id, line_number, product_id)
    SELECT
        v_sheet,
        row_number() OVER (ORDER BY crpm.fold(c.name), c.category_id, crpm.fold(sc.name), sc.subcategory_id, p.sort_name, p.product_id),
        p.product_id
    FROM crpm.stock_levels AS l
    INNER JOIN crpm.products AS p ON l.product_id = p.product_id
    INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
    INNER JOIN crpm.categories AS c ON sc.category_id = c.category_id
    WHERE
        l.store_id = p_store_id AND (p.is_active OR l.on_hand > 0)
        AND (p_category_id IS NULL OR sc.category_id = p_category_id);
    GET DIAGNOSTICS v_lines = ROW_COUNT;
    IF v_lines = 0 THEN
        PERFORM crpm.refuse('count_sheets_have_lines', format('There is nothing to count at %s: it has had no stock of these products.', v_store.name));
    ELSIF v_lines > 2000 THEN
        PERFORM crpm.refuse(
            'count_sheets_are_not_too_long',
            format('A count sheet has at most 2,000 products; this one would have %s. Choose a category.', to_char(v_lines, 'FM999,999,999'))
        );
    END IF;
    RETURN v_sheet;
END
$$;
COMMENT ON FUNCTION crpm.make_count_sheet IS
'Makes a sheet to count on: the products that a store has had, of one category or all, by category, subcategory and name. Books nothing.';

CREATE FUNCTION crpm.level_at(p_store_id bigint, p_product_id bigint, p_moment timestamptz) RETURNS bigint
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(sum(m.quantity), 0)
    FROM crpm.stock_movements AS m
    INNER JOIN crpm.stores AS st ON m.store_id = st.store_id
    WHERE
        m.store_id = p_store_id AND m.product_id = p_product_id
        AND (m.recorded_at <= p_moment OR m.occurred_on < (p_moment AT TIME ZONE st.time_zone)::date)
$$;
COMMENT ON FUNCTION crpm.level_at(bigint, bigint, timestamptz) IS
'What was on the shelf at a moment, by the ledger of now: movements recorded by then, and those recorded later for an earlier day, such as a backdated sale.';

CREATE FUNCTION crpm.check_count(p_sheet crpm.count_sheets, p_store crpm.stores, p_line_numbers integer[], p_counted numeric[], p_at timestamptz)
RETURNS void
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_products bigint[];
    v_problem text;
BEGIN
    SELECT array_agg(l.product_id ORDER BY t.place) INTO v_products
    FROM unnest(p_line_numbers) WITH ORDINALITY AS t (line_number, place)
    LEFT JOIN crpm.count_sheet_lines AS l ON l.count_sheet_id = p_sheet.count_sheet_id AND t.line_number = l.line_number;
    PERFORM crpm.check_stock_lines(v_products, p_counted, 0);
    IF (SELECT count(DISTINCT t.line_number) FROM unnest(p_line_numbers) AS t (line_number)) < cardinality(p_line_numbers) THEN
        PERFORM crpm.refuse('count_sheets_line_is_counted_once', 'A line of the sheet is given twice.');
    END IF;
    SELECT format(
        '%s (%s) was corrected at %s, after this was counted: leave it blank, or count it again on a new sheet.',
        p.name, p.sku, to_char(max(m.recorded_at) AT TIME ZONE p_store.time_zone, 'YYYY-MM-DD HH24:MI')
    )
    INTO v_problem
    FROM crpm.stock_movements AS m
    INNER JOIN crpm.products AS p ON m.product_id = p.product_id
    WHERE m.store_id = p_sheet.store_id AND m.product_id = ANY(v_products) AND m.movement_type = 'adjustment' AND m.recorded_at > p_at
    GROUP BY p.product_id
    ORDER BY p.product_id
    LIMIT 1;
    IF FOUND THEN
        PERFORM crpm.refuse('count_sheets_product_was_not_corrected_since', v_problem);
    END IF;
    SELECT format(
        'Of %s (%s), %s counted are fewer than the %s that have left the shelf since: count it again on a new sheet.',
        p.name, p.sku, t.counted, t.counted - x.level_after
    )
    INTO v_problem
    FROM unnest(v_products, p_counted) AS t (product_id, counted)
    INNER JOIN crpm.products AS p ON t.product_id = p.product_id
    INNER JOIN crpm.stock_levels AS l ON l.store_id = p_sheet.store_id AND t.product_id = l.product_id
    CROSS JOIN LATERAL (
        SELECT l.on_hand + t.counted - crpm.level_at(p_sheet.store_id, t.product_id, p_at) AS level_after
    ) AS x
    WHERE x.level_after < 0
    ORDER BY p.product_id
    LIMIT 1;
    IF FOUND THEN
        PERFORM crpm.refuse('count_sheets_count_covers_what_left_since', v_problem);
    END IF;
END
$$;
COMMENT ON FUNCTION crpm.check_count(crpm.count_sheets, crpm.stores, integer[], numeric[], timestamptz) IS
'Refuses counts of unknown lines, of no whole number, of products corrected since the moment of counting, and of fewer pieces than have left since.';

CREATE FUNCTION crpm.record_count(
    p_count_sheet_id bigint,
    p_line_numbers integer[],
    p_counted numeric[],
    p_counted_at timestamp DEFAULT NULL,
    OUT counted_lines integer,
    OUT booked_lines integer,
    OUT booked_pieces integer
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_sheet crpm.count_sheets;
    v_store crpm.stores;
    v_at timestamptz;
BEGIN
    SELECT * INTO v_sheet FROM crpm.count_sheets AS s WHERE s.count_sheet_id = p_count_sheet_id FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM crpm.refuse('count_sheets_sheet_is_known', 'There is no such count sheet.');
    END IF;
    v_store := crpm.active_store(v_sheet.store_id);
    IF v_sheet.typed_at IS NOT NULL THEN
        PERFORM crpm.refuse(
            'count_sheets_are_typed_back_once',
            format(
                'Count sheet %s was typed back by %s at %s already. Nothing was booked again.', p_count_sheet_id, v_sheet.typed_by,
                to_char(v_sheet.typed_at AT TIME ZONE v_store.time_zone, 'YYYY-MM-DD HH24:MI')
            )
        );
    END IF;
    v_at := coalesce(p_counted_at AT TIME ZONE v_store.time_zone, v_sheet.made_at);
    -- People type minutes.
    IF v_at < date_trunc('minute', v_sheet.made_at) OR v_at > now() THEN
        PERFORM crpm.refuse(
            'count_sheets_counted_after_it_was_made',
            format(
                'The time of counting is at the store, between %s, when the sheet was made, and now, %s.',
                to_char(v_sheet.made_at AT TIME ZONE v_store.time_zone, 'YYYY-MM-DD HH24:MI'),
                to_char(now() AT TIME ZONE v_store.time_zone, 'YYYY-MM-DD HH24:MI')
            )
        );
    END IF;
    v_at := greatest(v_at, v_sheet.made_at);
    -- Whoever moves these products waits from here on, so that level and ledger stand still and agree.
    PERFORM 1
    FROM crpm.stock_levels AS l
    INNER JOIN crpm.count_sheet_lines AS c ON l.product_id = c.product_id
    WHERE l.store_id = v_sheet.store_id AND c.count_sheet_id = p_count_sheet_id AND c.line_number = ANY(p_line_numbers)
    ORDER BY l.product_id
    FOR UPDATE OF l;
    PERFORM crpm.check_count(v_sheet, v_store, p_line_numbers, p_counted, v_at);
    UPDATE crpm.count_sheet_lines AS c
    SET counted = t.counted, expected = crpm.level_at(v_sheet.store_id, c.product_id, v_at)
    FROM unnest(p_line_numbers, p_counted) AS t (line_number, counted)
    WHERE c.count_sheet_id = p_count_sheet_id AND c.line_number = t.line_number;
    INSERT INTO crpm.stock_movements (store_id, product_id, movement_type, quantity, occurred_on, reason, document)
    SELECT
        v_sheet.store_id, c.product_id, 'adjustment', c.counted - c.expected, (v_at AT TIME ZONE v_store.time_zone)::date,
        'count', 'Count sheet ' || p_count_sheet_id
    FROM crpm.count_sheet_lines AS c
    WHERE c.count_sheet_id = p_count_sheet_id AND c.counted <> c.expected
    ORDER BY c.product_id;
    UPDATE crpm.count_sheets AS s
    SET counted_at = v_at, typed_at = now(), typed_by = crpm.acting_user()
    WHERE s.count_sheet_id = p_count_sheet_id;
    SELECT count(c.counted), count(*) FILTER (WHERE c.counted <> c.expected), coalesce(sum(c.counted - c.expected), 0)
    INTO counted_lines, booked_lines, booked_pieces
    FROM crpm.count_sheet_lines AS c
    WHERE c.count_sheet_id = p_count_sheet_id;
END
$$;
COMMENT ON FUNCTION crpm.record_count IS
'Types a count sheet back, once: books what was counted less what the ledger had at the moment of counting, so that sales since then stay as they are.
Lines not given were left blank and stay as they are. p_counted_at is the time at the store; null: when the sheet was made.';

CREATE FUNCTION crpm.takings_on(p_store_id bigint, p_day date)
RETURNS TABLE (currency_code text, method text, payments integer, amount numeric)
LANGUAGE sql STABLE
AS $$
    SELECT x.currency_code, x.method, count(*)::integer, sum(x.amount)
    FROM (
        SELECT o.currency_code, y.method, y.amount
        FROM crpm.orders AS o
        INNER JOIN crpm.payments AS y ON o.store_id = y.store_id AND o.order_id = y.order_id AND o.recorded_at = y.recorded_at
        WHERE o.store_id = p_store_id AND o.order_date = p_day
        UNION ALL
        SELECT o.currency_code, y.method, y.amount
        FROM crpm.payments AS y
        INNER JOIN crpm.orders AS o ON y.store_id = o.store_id AND y.order_id = o.order_id AND y.recorded_at <> o.recorded_at
        LEFT JOIN LATERAL (
            SELECT r.received_store_id
            FROM crpm.returns AS r
            WHERE r.store_id = y.store_id AND r.order_id = y.order_id AND r.recorded_at = y.recorded_at
            LIMIT 1
        ) AS back ON y.amount < 0
        INNER JOIN crpm.stores AS st ON st.store_id = coalesce(back.received_store_id, y.store_id)
        WHERE
            -- Days begin at different hours around the world; the index finds these rows, the zone settles them.
            y.recorded_at >= (p_day - 1)::timestamp AT TIME ZONE 'UTC'
            AND y.recorded_at < (p_day + 2)::timestamp AT TIME ZONE 'UTC'
            AND st.store_id = p_store_id
            AND (y.recorded_at AT TIME ZONE st.time_zone)::date = p_day
    ) AS x
    GROUP BY x.currency_code, x.method
$$;
COMMENT ON FUNCTION crpm.takings_on(bigint, date) IS
'What a store should have taken on a day, by currency and payment method. What was paid with a sale counts on the sale''s day, later payments on theirs; a refund where and when the goods came back.';

CREATE FUNCTION crpm.day_totals(p_store_id bigint, p_day date)
RETURNS TABLE (
    currency_code text, orders integer, sales_amount numeric, tax_amount numeric, returns integer, returned_amount numeric,
    cancelled_orders integer, cancelled_amount numeric
)
LANGUAGE sql STABLE
AS $$
    SELECT
        x.currency_code,
        sum(x.sold)::integer,
        sum(x.sold * x.amount),
        sum((x.sold - x.returned) * x.tax),
        sum(x.returned)::integer,
        sum(x.returned * x.amount),
        sum(x.cancelled)::integer,
        sum(x.cancelled * x.amount)
    FROM (
        SELECT
            o.currency_code, o.total_amount AS amount, o.tax_amount AS tax,
            (o.status = 'recorded')::integer AS sold, 0 AS returned, (o.status = 'cancelled')::integer AS cancelled
        FROM crpm.orders AS o
        WHERE o.store_id = p_store_id AND o.order_date = p_day
        UNION ALL
        SELECT o.currency_code, r.line_amount + r.tax_amount, r.tax_amount, 0, 1, 0
        FROM crpm.returns AS r
        INNER JOIN crpm.orders AS o ON r.store_id = o.store_id AND r.order_id = o.order_id
        WHERE r.received_store_id = p_store_id AND r.returned_on = p_day
    ) AS x
    GROUP BY x.currency_code
$$;
COMMENT ON FUNCTION crpm.day_totals(bigint, date) IS
'A store''s day by currency, tax included: sales, returns received there, cancelled orders (not among the sales), and the tax of sales less that of returns.';

CREATE FUNCTION crpm.check_close_lines(
    p_store_id bigint, p_day date, p_currency_codes text[], p_methods text[], p_counted numeric[], p_expected numeric[]
) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_problem record;
BEGIN
    IF cardinality(p_methods) IS DISTINCT FROM cardinality(p_currency_codes)
        OR cardinality(p_counted) IS DISTINCT FROM cardinality(p_currency_codes)
        OR cardinality(p_expected) IS DISTINCT FROM cardinality(p_currency_codes) THEN
        PERFORM crpm.refuse('daily_close_lines_are_complete', 'Each line needs a currency, a method, what was counted and what was expected.');
    END IF;
    SELECT
        coalesce(g.currency_code, t.currency_code) AS currency_code, coalesce(g.method, t.method) AS method,
        g.counted, coalesce(t.amount, 0) AS amount,
        g.counted IS NOT NULL AND g.expected IS DISTINCT FROM coalesce(t.amount, 0) AS is_outdated,
        g.counted <> round(g.counted, c.minor_units) AS is_too_fine,
        c.currency_code IS NULL AS is_unknown
    INTO v_problem
    FROM unnest(p_currency_codes, p_methods, p_counted, p_expected) AS g (currency_code, method, counted, expected)
    FULL JOIN crpm.takings_on(p_store_id, p_day) AS t ON g.currency_code = t.currency_code AND g.method = t.method
    LEFT JOIN crpm.currencies AS c ON c.currency_code = coalesce(g.currency_code, t.currency_code)
    WHERE
        (g.counted IS NULL AND (t.amount <> 0 OR g.method IS NOT NULL))
        OR (g.counted IS NOT NULL AND g.expected IS DISTINCT FROM coalesce(t.amount, 0))
        OR g.counted <> round(g.counted, c.minor_units)
        OR c.currency_code IS NULL
    ORDER BY 1, 2
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    ELSIF v_problem.is_unknown THEN
        PERFORM crpm.refuse('daily_close_lines_currency_is_known', format('There is no currency %s.', coalesce(v_problem.currency_code, '(none)')));
    ELSIF v_problem.is_outdated THEN
        PERFORM crpm.refuse(
            'daily_closes_figures_are_current',
            format(
                'The figures have changed since you looked: %s is now expected in %s by %s. Look at the day again, then close it.',
                v_problem.amount, v_problem.currency_code, v_problem.method
            )
        );
    ELSIF v_problem.is_too_fine THEN
        PERFORM crpm.refuse(
            'daily_close_lines_counted_fits_the_currency',
            format('%s has more decimals than %s has.', v_problem.counted, v_problem.currency_code)
        );
    END IF;
    PERFORM crpm.refuse(
        'daily_close_lines_every_method_is_counted',
        format('Type what was counted in %s by %s; 0 for nothing.', v_problem.currency_code, v_problem.method)
    );
END
$$;
COMMENT ON FUNCTION crpm.check_close_lines(bigint, date, text[], text[], numeric[], numeric[]) IS
'Refuses a close that leaves out a method with takings, or whose expected amounts are no longer what they were on the screen.';

CREATE FUNCTION crpm.close_day(
    p_store_id bigint,
    p_business_day date,
    p_currency_codes text[],
    p_methods text[],
    p_counted numeric[],
    p_expected numeric[],
    p_follows_version integer DEFAULT 0,
    p_reason text DEFAULT NULL
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_store crpm.stores := crpm.active_store(p_store_id);
    v_latest crpm.daily_closes;
    v_version integer;
BEGIN
    IF p_business_day IS NULL OR p_business_day > crpm.store_today(v_store) THEN
        PERFORM crpm.refuse(
            'daily_closes_day_is_not_in_the_future',
            format('%s cannot be closed yet; today at %s is %s.', coalesce(p_business_day::text, 'No day'), v_store.name, crpm.store_today(v_store))
        );
    END IF;
    SELECT * INTO v_latest
    FROM crpm.daily_closes AS d
    WHERE d.store_id = p_store_id AND d.business_day = p_business_day
    ORDER BY d.version DESC
    LIMIT 1;
    IF coalesce(v_latest.version, 0) <> coalesce(p_follows_version, 0) THEN
        PERFORM crpm.refuse(
            'daily_closes_follow_the_latest',
            format(
                '%s at %s was closed by %s in the meantime (version %s). Look at it again before you correct it.',
                p_business_day, v_store.name, coalesce(v_latest.closed_by, 'nobody'), coalesce(v_latest.version, 0)
            )
        );
    END IF;
    v_version := coalesce(v_latest.version, 0) + 1;
    IF v_version > 1 AND coalesce(btrim(p_reason), '') = '' THEN
        PERFORM crpm.refuse('daily_closes_correction_has_a_reason', 'Say why the close is corrected.');
    END IF;
    PERFORM crpm.check_close_lines(p_store_id, p_business_day, p_currency_codes, p_methods, p_counted, p_expected);
    INSERT INTO crpm.daily_closes (store_id, business_day, version, reason)
    VALUES (p_store_id, p_business_day, v_version, nullif(btrim(p_reason), ''));
    INSERT INTO crpm.daily_close_lines (store_id, business_day, version, currency_code, method, expected, counted)
    SELECT p_store_id, p_business_day, v_version, g.currency_code, g.method, g.expected, g.counted
    FROM unnest(p_currency_codes, p_methods, p_counted, p_expected) AS g (currency_code, method, counted, expected);
    INSERT INTO crpm.daily_close_totals (
        store_id, business_day, version, currency_code, orders, sales_amount, tax_amount, returns, returned_amount,
        cancelled_orders, cancelled_amount
    )
    SELECT
        p_store_id, p_business_day, v_version, t.currency_code, t.orders, t.sales_amount, t.tax_amount, t.returns,
        t.returned_amount, t.cancelled_orders, t.cancelled_amount
    FROM crpm.day_totals(p_store_id, p_business_day) AS t;
    RETURN v_version;
END
$$;
COMMENT ON FUNCTION crpm.close_day IS
'Closes a store''s day with what was counted by currency and method, or corrects a close by its next version with a reason; returns the version.
p_expected is what the person saw, p_follows_version the version they saw (0: none): a close on other figures is refused.';

-- ---------------------------------------------------------------- customers as people

CREATE FUNCTION crpm.lock_customers(p_customer_ids bigint[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_problem record;
BEGIN
    PERFORM 1 FROM crpm.customers AS c WHERE c.customer_id = ANY (p_customer_ids) ORDER BY c.customer_id FOR UPDATE;
    SELECT g.customer_id, c.name, c.anonymised_at, kept.name AS kept
    INTO v_problem
    FROM unnest(p_customer_ids) WITH ORDINALITY AS g (customer_id, place)
    LEFT JOIN crpm.customers AS c ON g.customer_id = c.customer_id
    LEFT JOIN crpm.customers AS kept ON c.merged_into_customer_id = kept.customer_id
    WHERE c.customer_id IS NULL OR c.anonymised_at IS NOT NULL OR kept.customer_id IS NOT NULL
    ORDER BY g.place
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    ELSIF v_problem.name IS NULL THEN
        PERFORM crpm.refuse('customer_merges_customer_is_known', format('There is no customer %s.', coalesce(v_problem.customer_id::text, '(none)')));
    ELSIF v_problem.anonymised_at IS NOT NULL THEN
        PERFORM crpm.refuse(
            'customer_merges_customer_is_a_person', format('Customer %s is anonymised: nobody knows any more who that was.', v_problem.customer_id)
        );
    END IF;
    PERFORM crpm.refuse(
        'customer_merges_customer_is_merged_once',
        format('%s is merged into %s. Take that back first, or choose %s.', v_problem.name, v_problem.kept, v_problem.kept)
    );
END
$$;
COMMENT ON FUNCTION crpm.lock_customers(bigint[]) IS 'Locks customers, in the order of their ids, and refuses unknown, anonymised and merged ones.';

CREATE FUNCTION crpm.merge_customers(p_customer_id bigint, p_into_customer_id bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_filled text[];
    v_merge_id bigint;
BEGIN
    IF p_customer_id = p_into_customer_id THEN
        PERFORM crpm.refuse('customers_is_not_merged_into_itself', 'A customer cannot be merged into itself.');
    END IF;
    PERFORM crpm.lock_customers(ARRAY[p_customer_id, p_into_customer_id]);
    -- An address is taken whole or not at all: half of one and half of the other is nobody's.
    SELECT array_agg(f.field)
    INTO v_filled
    FROM crpm.customers AS c
    INNER JOIN crpm.customers AS k ON k.customer_id = p_into_customer_id
    CROSS JOIN LATERAL (
        VALUES
        ('email', k.email IS NULL AND c.email IS NOT NULL),
        ('phone', k.phone IS NULL AND c.phone IS NOT NULL),
        ('gender', k.gender IS NULL AND c.gender IS NOT NULL),
        ('birth_date', k.birth_date IS NULL AND c.birth_date IS NOT NULL),
        ('notes', k.notes IS NULL AND c.notes IS NOT NULL),
        (
            'address',
            num_nonnulls(k.street, k.city, k.state_code, k.state, k.postal_code, k.country_code) = 0
            AND num_nonnulls(c.street, c.city, c.state_code, c.state, c.postal_code, c.country_code) > 0
        )
    ) AS f (field, is_filled)
    WHERE c.customer_id = p_customer_id AND f.is_filled;
    UPDATE crpm.customers AS k
    SET
        email = CASE WHEN 'email' = ANY (v_filled) THEN c.email ELSE k.email END,
        phone = CASE WHEN 'phone' = ANY (v_filled) THEN c.phone ELSE k.phone END,
        gender = CASE WHEN 'gender' = ANY (v_filled) THEN c.gender ELSE k.gender END,
        birth_date = CASE WHEN 'birth_date' = ANY (v_filled) THEN c.birth_date ELSE k.birth_date END,
        notes = CASE WHEN 'notes' = ANY (v_filled) THEN c.notes ELSE k.notes END,
        street = CASE WHEN 'address' = ANY (v_filled) THEN c.street ELSE k.street END,
        city = CASE WHEN 'address' = ANY (v_filled) THEN c.city ELSE k.city END,
        state_code = CASE WHEN 'address' = ANY (v_filled) THEN c.state_code ELSE k.state_code END,
        state = CASE WHEN 'address' = ANY (v_filled) THEN c.state ELSE k.state END,
        postal_code = CASE WHEN 'address' = ANY (v_filled) THEN c.postal_code ELSE k.postal_code END,
        country_code = CASE WHEN 'address' = ANY (v_filled) THEN c.country_code ELSE k.country_code END
    FROM crpm.customers AS c
    WHERE k.customer_id = p_into_customer_id AND c.customer_id = p_customer_id AND v_filled IS NOT NULL;
    -- Who was merged into the duplicate before counts with the record kept from now on.
    UPDATE crpm.customers AS c
    SET merged_into_customer_id = p_into_customer_id
    WHERE c.customer_id = p_customer_id OR c.merged_into_customer_id = p_customer_id;
    INSERT INTO crpm.customer_merges (customer_id, into_customer_id, filled)
    VALUES (p_customer_id, p_into_customer_id, coalesce(v_filled, '{}'))
    RETURNING merge_id INTO v_merge_id;
    RETURN v_merge_id;
END
$$;
COMMENT ON FUNCTION crpm.merge_customers IS
'Merges a duplicate into the record that is kept: its purchases count there, and what the kept record has empty is filled from it. Returns the merge.';

CREATE FUNCTION crpm.take_back_merge(p_customer_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_merge crpm.customer_merges;
BEGIN
    SELECT * INTO v_merge
    FROM crpm.customer_merges AS m
    WHERE m.customer_id = p_customer_id AND m.taken_back_at IS NULL;
    IF NOT FOUND THEN
        PERFORM crpm.refuse('customer_merges_are_taken_back_once', 'This customer is not merged, or not any more.');
    END IF;
    PERFORM crpm.lock_customers(ARRAY[v_merge.into_customer_id]);
    UPDATE crpm.customer_merges AS m
    SET taken_back_at = now(), taken_back_by = crpm.acting_user()
    WHERE m.merge_id = v_merge.merge_id AND m.taken_back_at IS NULL;
    IF NOT FOUND THEN
        PERFORM crpm.refuse('customer_merges_are_taken_back_once', 'This customer is not merged, or not any more.');
    END IF;
    UPDATE crpm.customers AS k
    SET
        email = CASE WHEN 'email' = ANY (v_merge.filled) THEN nullif(k.email, c.email) ELSE k.email END,
        phone = CASE WHEN 'phone' = ANY (v_merge.filled) THEN nullif(k.phone, c.phone) ELSE k.phone END,
        gender = CASE WHEN 'gender' = ANY (v_merge.filled) THEN nullif(k.gender, c.gender) ELSE k.gender END,
        birth_date = CASE WHEN 'birth_date' = ANY (v_merge.filled) THEN nullif(k.birth_date, c.birth_date) ELSE k.birth_date END,
        notes = CASE WHEN 'notes' = ANY (v_merge.filled) THEN nullif(k.notes, c.notes) ELSE k.notes END,
        street = CASE WHEN a.goes THEN NULL ELSE k.street END,
        city = CASE WHEN a.goes THEN NULL ELSE k.city END,
        state_code = CASE WHEN a.goes THEN NULL ELSE k.state_code END,
        state = CASE WHEN a.goes THEN NULL ELSE k.state END,
        postal_code = CASE WHEN a.goes THEN NULL ELSE k.postal_code END,
        country_code = CASE WHEN a.goes THEN NULL ELSE k.country_code END
    FROM crpm.customers AS c
    INNER JOIN crpm.customers AS n ON n.customer_id = v_merge.into_customer_id
    CROSS JOIN LATERAL (
        SELECT 'address' = ANY (v_merge.filled)
            AND (n.street, n.city, n.state_code, n.state, n.postal_code, n.country_code)
            IS NOT DISTINCT FROM (c.street, c.city, c.state_code, c.state, c.postal_code, c.country_code) AS goes
    ) AS a
    WHERE k.customer_id = v_merge.into_customer_id AND c.customer_id = p_customer_id AND v_merge.filled <> '{}';
    WITH RECURSIVE came_along AS (
        SELECT p_customer_id AS customer_id
        UNION
        SELECT m.customer_id
        FROM crpm.customer_merges AS m
        INNER JOIN came_along AS g ON m.into_customer_id = g.customer_id
        WHERE m.taken_back_at IS NULL
    )

    UPDATE crpm.customers AS c
    SET merged_into_customer_id = nullif(p_customer_id, c.customer_id)
    FROM came_along AS g
    WHERE c.customer_id = g.customer_id;
END
$$;
COMMENT ON FUNCTION crpm.take_back_merge IS
'Takes the merge of a customer back: its purchases, and those of who was merged into it, count with it again; what the other record was filled with and nobody has changed since goes.';

CREATE FUNCTION crpm.anonymise_customer(p_customer_id bigint, p_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_customer crpm.customers;
    v_person bigint;
BEGIN
    -- All records of the person, in the order in which a merge locks them too; again where one was just joined or parted.
    LOOP
        SELECT coalesce(c.merged_into_customer_id, c.customer_id) INTO v_person
        FROM crpm.customers AS c
        WHERE c.customer_id = p_customer_id;
        PERFORM 1
        FROM crpm.customers AS c
        WHERE c.customer_id = v_person OR c.merged_into_customer_id = v_person
        ORDER BY c.customer_id
        FOR UPDATE;
        SELECT * INTO v_customer FROM crpm.customers AS c WHERE c.customer_id = p_customer_id;
        EXIT WHEN v_customer.customer_id IS NULL OR v_person = coalesce(v_customer.merged_into_customer_id, p_customer_id);
    END LOOP;
    IF v_customer.customer_id IS NULL THEN
        PERFORM crpm.refuse('customer_merges_customer_is_known', format('There is no customer %s.', coalesce(p_customer_id::text, '(none)')));
    ELSIF v_customer.anonymised_at IS NOT NULL THEN
        PERFORM crpm.refuse('customers_are_anonymised_once', 'This customer is anonymised already.');
    ELSIF btrim(p_name) IS DISTINCT FROM btrim(v_customer.name) THEN
        PERFORM crpm.refuse('customers_are_anonymised_by_their_name', format('Type the name as it stands in the record: %s.', v_customer.name));
    END IF;
    UPDATE crpm.customers AS c
    SET anonymised_at = now()
    WHERE (c.customer_id = v_person OR c.merged_into_customer_id = v_person) AND c.anonymised_at IS NULL;
END
$$;
COMMENT ON FUNCTION crpm.anonymise_customer IS
'Takes a person out of every place where it is named: all records merged into one are one person. p_name is its name, typed. Purchases, totals and the country stay. It cannot be taken back.';

CREATE FUNCTION crpm.who_changed_customer(p_customer_id bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.changed_by
    FROM crpm.audit_log AS a
    WHERE a.table_name = 'customers' AND a.row_key = p_customer_id::text
    ORDER BY a.audit_id DESC
    LIMIT 1
$$;
COMMENT ON FUNCTION crpm.who_changed_customer IS 'Who last changed a customer, for clerks too, who may not read the audit log: the second of two who edit a record is told.';

CREATE FUNCTION crpm.refresh_segments(p_oldest interval) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_refreshed_at timestamptz := (SELECT r.refreshed_at FROM crpm.rollups AS r WHERE r.rollup = 'customer_segments');
BEGIN
    IF v_refreshed_at IS NULL THEN
        -- There is nothing to read meanwhile.
        PERFORM pg_advisory_xact_lock('crpm.customer_segments'::regclass::oid::bigint);
        v_refreshed_at := (SELECT r.refreshed_at FROM crpm.rollups AS r WHERE r.rollup = 'customer_segments');
    END IF;
    IF v_refreshed_at > now() - p_oldest OR NOT pg_try_advisory_xact_lock('crpm.customer_segments'::regclass::oid::bigint) THEN
        RETURN v_refreshed_at;
    END IF;
    WITH bought AS (
        SELECT
            coalesce(c.merged_into_customer_id, c.customer_id) AS customer_id,
            max(o.order_date) AS last_on,
            count(*) AS orders
        FROM crpm.orders AS o
        INNER JOIN crpm.customers AS c ON o.customer_id = c.customer_id
        WHERE o.status = 'recorded'
        GROUP BY coalesce(c.merged_into_customer_id, c.customer_id)
    ),

    placed AS (
        SELECT
            b.customer_id,
            analytics.segment_of(
                1 + 5 * (rank() OVER (ORDER BY b.last_on) - 1) / count(*) OVER (),
                1 + 5 * (rank() OVER (ORDER BY b.orders) - 1) / count(*) OVER ()
            ) AS segment
        FROM bought AS b
    ),

    gone AS (
        DELETE FROM crpm.customer_segments AS g
        WHERE NOT EXISTS (SELECT 1 FROM placed AS p WHERE p.customer_id = g.customer_id)
    )

    INSERT INTO crpm.customer_segments AS g (customer_id, segment)
    SELECT
        p.customer_id,
        p.segment
    FROM placed AS p
    LEFT JOIN crpm.customer_segments AS before ON p.customer_id = before.customer_id
    WHERE before.segment IS DISTINCT FROM p.segment
    ON CONFLICT (customer_id) DO UPDATE SET segment = excluded.segment;
    INSERT INTO crpm.rollups AS r (rollup) VALUES ('customer_segments')
    ON CONFLICT (rollup) DO UPDATE SET refreshed_at = excluded.refreshed_at;
    RETURN now();
END
$$;
COMMENT ON FUNCTION crpm.refresh_segments(interval) IS
'When the segments of customers were worked out: now, where that was longer ago than p_oldest and nobody else is about it. The first time, whoever asks meanwhile waits.
Each score is the fifth of the customers that one belongs to by the last purchase and by how many; equal values score alike.';

CREATE FUNCTION crpm.remove_demo_data() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM crpm.settings AS s WHERE s.is_demo) THEN
        PERFORM crpm.refuse('settings_is_demo', 'This database holds no demo data.');
    END IF;
    TRUNCATE crpm.settings, crpm.customers, crpm.products, crpm.product_barcodes, crpm.product_prices, crpm.product_costs,
    crpm.categories, crpm.subcategories, crpm.exchange_rates, crpm.tax_rates, crpm.orders, crpm.order_lines, crpm.payments,
    crpm.returns, crpm.parked_purchases, crpm.customer_merges, crpm.customer_segments, crpm.rollups,
    crpm.changed_days, crpm.folded_months, crpm.sales_by_day, crpm.sales_by_customer, crpm.sales_by_month, crpm.stock_levels, crpm.stock_movements, crpm.count_sheets, crpm.count_sheet_lines,
    crpm.daily_closes, crpm.daily_close_lines, crpm.daily_close_totals, crpm.rejects, crpm.load_conflicts,
    crpm.load_changes, crpm.load_undos, crpm.undone_movements, crpm.bulk_changes, crpm.bulk_change_lines, crpm.audit_log, crpm.bulk_reads;
    UPDATE crpm.users SET store_id = NULL WHERE store_id IS NOT NULL;
    DELETE FROM crpm.stores;
    DELETE FROM crpm.loads;
    TRUNCATE crpm.audit_log;
    INSERT INTO crpm.audit_log (table_name, row_key, action) VALUES ('settings', '1', 'delete');
END
$$;
COMMENT ON FUNCTION crpm.remove_demo_data IS
'Takes the demo out as a whole, with everything that was tried on it, so that the business can begin with its own. Refused where the data is not the demo.';

-- ---------------------------------------------------------------- who did what

-- The branches with a condition are in order themselves: PostgreSQL would else read and sort each as a whole.
CREATE VIEW crpm.activity WITH (security_invoker = TRUE) AS
SELECT
    a.changed_at AS happened_at,
    a.audit_id AS entry,
    a.changed_by AS acted_by,
    a.channel,
    a.table_name AS record_type,
    a.row_key AS record_key,
    a.action,
    a.old_values,
    a.new_values
FROM crpm.audit_log AS a
UNION ALL
(
    SELECT
        o.recorded_at AS happened_at,
        o.order_id AS entry,
        o.recorded_by AS acted_by,
        o.channel,
        'orders' AS record_type,
        o.store_id || '-' || o.order_id AS record_key,
        'record' AS action,
        NULL::jsonb AS old_values,
        jsonb_build_object('order_number', o.order_number, 'total_amount', o.total_amount, 'currency_code', o.currency_code) AS new_values
    FROM crpm.orders AS o
    WHERE o.load_file_id IS NULL
    ORDER BY o.recorded_at DESC
)
UNION ALL
(
    SELECT
        o.cancelled_at AS happened_at,
        o.order_id AS entry,
        o.cancelled_by AS acted_by,
        o.cancel_channel AS channel,
        'orders' AS record_type,
        o.store_id || '-' || o.order_id AS record_key,
        'cancel' AS action,
        NULL::jsonb AS old_values,
        jsonb_build_object('order_number', o.order_number, 'reason', o.cancel_reason) AS new_values
    FROM crpm.orders AS o
    WHERE o.cancelled_at IS NOT NULL
    ORDER BY o.cancelled_at DESC
)
UNION ALL
(
    SELECT
        r.recorded_at AS happened_at,
        r.order_id AS entry,
        r.recorded_by AS acted_by,
        r.channel,
        'orders' AS record_type,
        r.store_id || '-' || r.order_id AS record_key,
        'return' AS action,
        NULL::jsonb AS old_values,
        jsonb_build_object(
            'line_number', r.line_number, 'quantity', r.quantity, 'amount', r.line_amount + r.tax_amount, 'is_restocked', r.is_restocked,
            'reason', r.reason
        ) AS new_values
    FROM crpm.returns AS r
    WHERE r.load_file_id IS NULL
    ORDER BY r.recorded_at DESC
)
UNION ALL
(
    SELECT
        m.recorded_at AS happened_at,
        m.movement_id AS entry,
        m.recorded_by AS acted_by,
        m.channel,
        'stock' AS record_type,
        m.product_id::text AS record_key,
        m.movement_type::text AS action,
        NULL::jsonb AS old_values,
        jsonb_strip_nulls(jsonb_build_object('store_id', m.store_id, 'quantity', m.quantity, 'document', m.document, 'reason', m.reason)) AS new_values
    FROM crpm.stock_movements AS m
    WHERE m.order_id IS NULL AND m.channel <> 'loader'
    ORDER BY m.recorded_at DESC
)
UNION ALL
SELECT
    c.made_at AS happened_at,
    c.count_sheet_id AS entry,
    c.made_by AS acted_by,
    c.channel,
    'count_sheets' AS record_type,
    c.count_sheet_id::text AS record_key,
    'make' AS action,
    NULL::jsonb AS old_values,
    jsonb_build_object('store_id', c.store_id) AS new_values
FROM crpm.count_sheets AS c
UNION ALL
SELECT
    d.closed_at AS happened_at,
    d.version::bigint AS entry,
    d.closed_by AS acted_by,
    d.channel,
    'daily_closes' AS record_type,
    d.store_id || '/' || d.business_day AS record_key,
    'close' AS action,
    NULL::jsonb AS old_values,
    jsonb_strip_nulls(jsonb_build_object('version', d.version, 'reason', d.reason)) AS new_values
FROM crpm.daily_closes AS d
UNION ALL
SELECT
    l.started_at AS happened_at,
    l.load_id::bigint AS entry,
    l.loaded_by AS acted_by,
    l.channel,
    'loads' AS record_type,
    l.load_id::text AS record_key,
    'load' AS action,
    NULL::jsonb AS old_values,
    jsonb_build_object('source_system', l.source_system, 'folder', l.folder, 'money_loaded', l.money_loaded) AS new_values
FROM crpm.loads AS l
UNION ALL
SELECT
    u.undone_at AS happened_at,
    u.load_id::bigint AS entry,
    u.undone_by AS acted_by,
    u.channel,
    'loads' AS record_type,
    u.load_id::text AS record_key,
    'undo' AS action,
    NULL::jsonb AS old_values,
    NULL::jsonb AS new_values
FROM crpm.load_undos AS u
UNION ALL
SELECT
    g.merged_at AS happened_at,
    g.merge_id AS entry,
    g.merged_by AS acted_by,
    g.channel,
    'customers' AS record_type,
    g.customer_id::text AS record_key,
    'merge' AS action,
    NULL::jsonb AS old_values,
    jsonb_build_object('into_customer_id', g.into_customer_id) AS new_values
FROM crpm.customer_merges AS g
UNION ALL
SELECT
    b.read_at AS happened_at,
    b.bulk_read_id AS entry,
    b.read_by AS acted_by,
    b.channel,
    'reads' AS record_type,
    b.what AS record_key,
    'read' AS action,
    NULL::jsonb AS old_values,
    b.asked || jsonb_build_object('rows', b.row_count) AS new_values
FROM crpm.bulk_reads AS b;
COMMENT ON VIEW crpm.activity IS
'Who did what, when, through which channel: every change of a record, and every order, return, cancelling, stock movement, count, close, load, merge and bulk read.
What a load brought stands under the load; the movements of an order under the order. entry counts up within a kind of record: it orders what happened in one moment.';

CREATE FUNCTION crpm.prune_records(OUT pruned_changes bigint, OUT pruned_reads bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_before timestamptz := (SELECT now() - make_interval(months => s.records_kept_months) FROM crpm.settings AS s);
BEGIN
    -- Without a setting there is no moment to be before, and nothing goes.
    DELETE FROM crpm.audit_log AS a WHERE a.changed_at < v_before;
    GET DIAGNOSTICS pruned_changes = ROW_COUNT;
    DELETE FROM crpm.bulk_reads AS b WHERE b.read_at < v_before;
    GET DIAGNOSTICS pruned_reads = ROW_COUNT;
END
$$;
COMMENT ON FUNCTION crpm.prune_records IS
'Deletes records of changes and of bulk reads that are older than settings.records_kept_months. Orders, returns, stock and loads stay.';

-- ---------------------------------------------------------------- products changed together
-- What a list of products was changed to, with what was there before, so that it can be taken back.

CREATE TABLE crpm.bulk_changes (
    bulk_change_id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    target text,
    percent numeric,
    ending text,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL DEFAULT crpm.acting_user(),
    channel text NOT NULL DEFAULT crpm.acting_channel(),
    taken_back_at timestamptz,
    taken_back_by text,
    CONSTRAINT bulk_changes_pkey PRIMARY KEY (bulk_change_id),
    CONSTRAINT bulk_changes_kind_is_known CHECK (kind IN ('price', 'status', 'category')),
    CONSTRAINT bulk_changes_price_has_no_target CHECK ((kind = 'price') = (target IS NULL)),
    CONSTRAINT bulk_changes_price_has_a_percent CHECK ((kind = 'price') = (percent IS NOT NULL)),
    CONSTRAINT bulk_changes_price_has_an_ending CHECK ((kind = 'price') = (ending IS NOT NULL)),
    CONSTRAINT bulk_changes_percent_is_sensible CHECK (percent BETWEEN -90 AND 1000),
    CONSTRAINT bulk_changes_percent_changes_something CHECK (percent <> 0),
    CONSTRAINT bulk_changes_ending_is_known CHECK (ending IN ('cents', 'whole', '0.95', '0.99')),
    CONSTRAINT bulk_changes_taken_back_is_whole CHECK ((taken_back_at IS NULL) = (taken_back_by IS NULL))
);
COMMENT ON TABLE crpm.bulk_changes IS
'Changes of many products at once: of their list price in base currency, whether they are active, or their subcategory. Written by functions alone.';
COMMENT ON COLUMN crpm.bulk_changes.target IS 'What was chosen for all: true or false for the status, the id of the subcategory.';
COMMENT ON COLUMN crpm.bulk_changes.ending IS 'How prices were rounded: to cents (the currency''s smallest unit), to whole amounts, or to the next amount ending so.';

CREATE TABLE crpm.bulk_change_lines (
    bulk_change_id bigint REFERENCES crpm.bulk_changes ON DELETE CASCADE,
    product_id bigint REFERENCES crpm.products ON DELETE CASCADE,
    old_value text NOT NULL,
    new_value text NOT NULL,
    is_taken_back boolean,
    CONSTRAINT bulk_change_lines_pkey PRIMARY KEY (bulk_change_id, product_id)
);
COMMENT ON TABLE crpm.bulk_change_lines IS 'The products of a bulk change, with their value before and after.';
COMMENT ON COLUMN crpm.bulk_change_lines.is_taken_back IS
'Null until the change is taken back; then false for a product that somebody has changed since, which stayed as it was.';
CREATE INDEX bulk_change_lines_product_idx ON crpm.bulk_change_lines (product_id);
COMMENT ON INDEX crpm.bulk_change_lines_product_idx IS 'Serves the foreign key to products.';

CREATE FUNCTION crpm.rounded_price(p_price numeric, p_ending text, p_minor_units integer) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN p_price <= 0 THEN p_price
        WHEN p_ending = 'cents' THEN greatest(round(p_price, p_minor_units), round(10::numeric ^ -p_minor_units, p_minor_units))
        WHEN p_ending = 'whole' THEN greatest(round(p_price), 1)
        ELSE greatest(round(p_price - p_ending::numeric), 0) + p_ending::numeric
    END
$$;
COMMENT ON FUNCTION crpm.rounded_price(numeric, text, integer) IS
'A price rounded as bulk_changes.ending says; what costs something never becomes free.';

CREATE FUNCTION crpm.product_value(p_product_id bigint, p_kind text, p_at timestamptz) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT CASE p_kind
        WHEN 'status' THEN p.is_active::text
        WHEN 'category' THEN p.subcategory_id::text
        ELSE (
            SELECT x.unit_price
            FROM crpm.product_prices AS x
            INNER JOIN crpm.settings AS s ON x.currency_code = s.base_currency_code
            WHERE x.product_id = p.product_id AND x.valid_from <= p_at
            ORDER BY x.valid_from DESC
            LIMIT 1
        )::text
    END
    FROM crpm.products AS p
    WHERE p.product_id = p_product_id
$$;
COMMENT ON FUNCTION crpm.product_value(bigint, text, timestamptz) IS 'What a bulk change of that kind would find of a product; null without a price.';

CREATE FUNCTION crpm.planned_changes(
    p_product_ids bigint[], p_kind text, p_target text, p_percent numeric, p_ending text, p_at timestamptz
) RETURNS TABLE (product_id bigint, old_value text, new_value text)
LANGUAGE sql STABLE
AS $$
    SELECT
        x.product_id,
        x.old_value,
        x.new_value
    FROM (
        SELECT
            w.product_id,
            v.old_value,
            CASE p_kind
                WHEN 'price' THEN crpm.rounded_price(v.old_value::numeric * (1 + p_percent / 100), p_ending, c.minor_units)::text
                ELSE p_target
            END AS new_value
        FROM unnest(p_product_ids) AS w (product_id)
        CROSS JOIN LATERAL crpm.product_value(w.product_id, p_kind, p_at) AS v (old_value)
        LEFT JOIN crpm.settings AS s ON TRUE
        LEFT JOIN crpm.currencies AS c ON s.base_currency_code = c.currency_code
    ) AS x
    WHERE CASE p_kind WHEN 'price' THEN x.old_value::numeric <> x.new_value::numeric ELSE x.old_value <> x.new_value END
$$;
COMMENT ON FUNCTION crpm.planned_changes(bigint[], text, text, numeric, text, timestamptz) IS
'What a bulk change does to some products, without those that it leaves as they are: the preview, and what is recorded.';

CREATE FUNCTION crpm.set_product_values(p_kind text, p_product_ids bigint[], p_values text[], p_at timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF p_kind = 'price' THEN
        INSERT INTO crpm.product_prices (product_id, currency_code, valid_from, unit_price)
        SELECT v.product_id, s.base_currency_code, p_at, v.new_value::numeric
        FROM unnest(p_product_ids, p_values) AS v (product_id, new_value)
        CROSS JOIN crpm.settings AS s;
    END IF;
    -- A price counts as a version of the product too, so that whoever has its form open is told.
    UPDATE crpm.products AS p
    SET
        is_active = CASE p_kind WHEN 'status' THEN v.new_value::boolean ELSE p.is_active END,
        subcategory_id = CASE p_kind WHEN 'category' THEN v.new_value::bigint ELSE p.subcategory_id END
    FROM unnest(p_product_ids, p_values) AS v (product_id, new_value)
    WHERE p.product_id = v.product_id;
END
$$;
COMMENT ON FUNCTION crpm.set_product_values(text, bigint[], text[], timestamptz) IS
'Gives products the value of a bulk change, or that of before. For the functions below.';

CREATE FUNCTION crpm.change_products(
    p_product_ids bigint[], p_kind text, p_target text, p_percent numeric, p_ending text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_bulk_change_id bigint;
    v_at timestamptz;
    v_changed bigint[];
    v_values text[];
BEGIN
    IF p_kind = 'category' AND NOT EXISTS (SELECT 1 FROM crpm.subcategories AS c WHERE c.subcategory_id::text = p_target) THEN
        PERFORM crpm.refuse('bulk_changes_category_is_known', 'This category is not there any more. Choose another one.');
    ELSIF p_kind = 'status' AND p_target NOT IN ('true', 'false') THEN
        PERFORM crpm.refuse('bulk_changes_status_is_known', 'Products are active or inactive.');
    ELSIF p_ending IN ('0.95', '0.99') AND EXISTS (
        SELECT 1
        FROM crpm.settings AS s
        INNER JOIN crpm.currencies AS c ON s.base_currency_code = c.currency_code
        WHERE c.minor_units < 2
    ) THEN
        PERFORM crpm.refuse('bulk_changes_ending_fits_the_currency', 'Prices in the base currency have no such decimals. Choose another rounding.');
    END IF;
    INSERT INTO crpm.bulk_changes (kind, target, percent, ending)
    VALUES (p_kind, p_target, p_percent, p_ending)
    RETURNING bulk_change_id INTO v_bulk_change_id;
    PERFORM 1 FROM crpm.products AS p WHERE p.product_id = ANY (p_product_ids) ORDER BY p.product_id FOR UPDATE;
    -- After waiting for the locks: what was recorded meanwhile is before.
    v_at := clock_timestamp();
    INSERT INTO crpm.bulk_change_lines (bulk_change_id, product_id, old_value, new_value)
    SELECT v_bulk_change_id, d.product_id, d.old_value, d.new_value
    FROM crpm.planned_changes(p_product_ids, p_kind, p_target, p_percent, p_ending, v_at) AS d;
    SELECT array_agg(l.product_id), array_agg(l.new_value)
    INTO v_changed, v_values
    FROM crpm.bulk_change_lines AS l
    WHERE l.bulk_change_id = v_bulk_change_id;
    IF v_changed IS NULL THEN
        PERFORM crpm.refuse('bulk_changes_change_something', 'None of these products would change.');
    END IF;
    PERFORM crpm.set_product_values(p_kind, v_changed, v_values, v_at);
    RETURN v_bulk_change_id;
END
$$;
COMMENT ON FUNCTION crpm.change_products(bigint[], text, text, numeric, text) IS
'Changes price, status or category of many products in one piece and records what was there before. Returns the bulk change.';

CREATE FUNCTION crpm.take_back_bulk_change(p_bulk_change_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_kind text;
    v_at timestamptz;
    v_unchanged bigint[];
    v_values text[];
BEGIN
    UPDATE crpm.bulk_changes AS b
    SET taken_back_at = now(), taken_back_by = crpm.acting_user()
    WHERE b.bulk_change_id = p_bulk_change_id AND b.taken_back_at IS NULL
    RETURNING b.kind INTO v_kind;
    IF NOT FOUND THEN
        PERFORM crpm.refuse('bulk_changes_are_taken_back_once', 'There is no such change, or it has been taken back already.');
    END IF;
    PERFORM 1
    FROM crpm.products AS p
    INNER JOIN crpm.bulk_change_lines AS l ON p.product_id = l.product_id
    WHERE l.bulk_change_id = p_bulk_change_id
    ORDER BY p.product_id
    FOR UPDATE OF p;
    v_at := clock_timestamp();
    UPDATE crpm.bulk_change_lines AS l
    SET is_taken_back = l.new_value = crpm.product_value(l.product_id, v_kind, v_at)
    WHERE l.bulk_change_id = p_bulk_change_id;
    SELECT array_agg(l.product_id), array_agg(l.old_value)
    INTO v_unchanged, v_values
    FROM crpm.bulk_change_lines AS l
    WHERE l.bulk_change_id = p_bulk_change_id AND l.is_taken_back;
    PERFORM crpm.set_product_values(v_kind, v_unchanged, v_values, v_at);
END
$$;
COMMENT ON FUNCTION crpm.take_back_bulk_change(bigint) IS
'Gives the products of a bulk change the value of before, but those that somebody has changed since. A price goes back by a new price.';

-- ---------------------------------------------------------------- sales rolled up
-- Figures read these rollups, and the orders themselves for what has changed since: they are exact at once, and recording a sale
-- costs one small row that no other till waits for. Nothing but crpm.fold_sales writes the rollups.

CREATE TABLE crpm.changed_days (sold_on date NOT NULL);
COMMENT ON TABLE crpm.changed_days IS
'Days whose sales have changed since crpm.fold_sales, once for each change: what is asked of them is read from the orders. Only ever inserted into, so that tills do not wait for each other.';

CREATE TABLE crpm.folded_months (
    month date,
    last_sold_on date NOT NULL,
    CONSTRAINT folded_months_pkey PRIMARY KEY (month)
);
COMMENT ON TABLE crpm.folded_months IS 'The months, by their first day, that crpm.sales_by_month holds, and the last day with a sale or return in each.';

CREATE TABLE crpm.sales_by_day (
    sold_on date NOT NULL,
    kind text NOT NULL,
    store_id bigint NOT NULL,
    currency_code text NOT NULL,
    country_code text,
    orders bigint NOT NULL,
    units bigint NOT NULL,
    revenue numeric NOT NULL,
    charged_amount numeric NOT NULL
);
COMMENT ON TABLE crpm.sales_by_day IS 'A rollup of analytics.detailed_sales by day, kind, store, currency and country.';
CREATE INDEX sales_by_day_sold_on_idx ON crpm.sales_by_day (sold_on);
COMMENT ON INDEX crpm.sales_by_day_sold_on_idx IS 'Serves periods, and folding.';

CREATE TABLE crpm.sales_by_customer (
    sold_on date NOT NULL,
    kind text NOT NULL,
    store_id bigint NOT NULL,
    recorded_customer_id bigint,
    orders bigint NOT NULL,
    lines bigint NOT NULL,
    units bigint NOT NULL,
    revenue numeric NOT NULL,
    cost numeric NOT NULL
);
COMMENT ON TABLE crpm.sales_by_customer IS
'A rollup of analytics.detailed_profits by day, kind, store and the customer whom the orders were recorded for, null for walk-ins.';
CREATE INDEX sales_by_customer_sold_on_idx ON crpm.sales_by_customer (sold_on);
COMMENT ON INDEX crpm.sales_by_customer_sold_on_idx IS 'Serves periods, and folding.';

CREATE TABLE crpm.sales_by_month (
    month date NOT NULL,
    kind text NOT NULL,
    product_id bigint NOT NULL,
    currency_code text NOT NULL,
    country_code text,
    orders_of_category bigint NOT NULL,
    orders_of_subcategory bigint NOT NULL,
    orders_of_brand bigint NOT NULL,
    orders_of_brand_in_category bigint NOT NULL,
    units bigint NOT NULL,
    revenue numeric NOT NULL,
    charged_amount numeric NOT NULL,
    cost numeric NOT NULL
);
COMMENT ON TABLE crpm.sales_by_month IS 'A rollup of analytics.detailed_profits by month, kind, product, currency and country, over all stores.';
COMMENT ON COLUMN crpm.sales_by_month.orders_of_category IS
'Orders whose first line in the product''s category is one of the product: over the products of a category they add up to its orders.';
COMMENT ON COLUMN crpm.sales_by_month.orders_of_subcategory IS 'The same of its subcategory.';
COMMENT ON COLUMN crpm.sales_by_month.orders_of_brand IS 'The same of its brand; products without one are of one brand.';
COMMENT ON COLUMN crpm.sales_by_month.orders_of_brand_in_category IS 'The same of the products of its brand in its category.';
CREATE INDEX sales_by_month_month_idx ON crpm.sales_by_month (month);
COMMENT ON INDEX crpm.sales_by_month_month_idx IS 'Serves periods, and folding.';
CREATE INDEX sales_by_month_product_idx ON crpm.sales_by_month (product_id, month);
COMMENT ON INDEX crpm.sales_by_month_product_idx IS 'Serves the months of a product that is moved to another category.';

CREATE FUNCTION crpm.tg_orders__note_days() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO crpm.changed_days (sold_on)
    SELECT DISTINCT c.order_date FROM changed AS c;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_orders__note_days() IS 'Notes the days of orders that were recorded or taken back.';
CREATE TRIGGER tg_orders__note_recorded_days AFTER INSERT ON crpm.orders
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION crpm.tg_orders__note_days();
CREATE TRIGGER tg_orders__note_deleted_days AFTER DELETE ON crpm.orders
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION crpm.tg_orders__note_days();

CREATE FUNCTION crpm.tg_orders__note_changed_day() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO crpm.changed_days (sold_on)
    SELECT NEW.order_date
    UNION
    SELECT r.returned_on FROM crpm.returns AS r WHERE r.store_id = NEW.store_id AND r.order_id = NEW.order_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_orders__note_changed_day() IS 'Notes the days of an order, and of its returns, that was cancelled or has got other lines.';
CREATE TRIGGER tg_orders__note_changed_day AFTER UPDATE OF status, net_amount, base_amount ON crpm.orders
FOR EACH ROW EXECUTE FUNCTION crpm.tg_orders__note_changed_day();

-- A line comes with its order, or with the new totals of it; it may go alone.
CREATE FUNCTION crpm.tg_order_lines__note_days() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO crpm.changed_days (sold_on)
    SELECT DISTINCT o.order_date
    FROM changed AS c
    INNER JOIN crpm.orders AS o ON c.store_id = o.store_id AND c.order_id = o.order_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_order_lines__note_days() IS 'Notes the days of lines that were taken back.';
CREATE TRIGGER tg_order_lines__note_deleted_days AFTER DELETE ON crpm.order_lines
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION crpm.tg_order_lines__note_days();

CREATE FUNCTION crpm.tg_returns__note_days() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO crpm.changed_days (sold_on)
    SELECT DISTINCT c.returned_on FROM changed AS c;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_returns__note_days() IS 'Notes the days of returns that were recorded or taken back.';
CREATE TRIGGER tg_returns__note_recorded_days AFTER INSERT ON crpm.returns
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION crpm.tg_returns__note_days();
CREATE TRIGGER tg_returns__note_deleted_days AFTER DELETE ON crpm.returns
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION crpm.tg_returns__note_days();

CREATE FUNCTION crpm.tg_customers__note_days() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO crpm.changed_days (sold_on)
    WITH placed AS (
        SELECT
            o.store_id,
            o.order_id,
            o.order_date
        FROM crpm.orders AS o
        INNER JOIN crpm.stores AS s ON o.store_id = s.store_id
        WHERE s.country_code IS NULL AND o.customer_id = ANY (crpm.records_of_customer(NEW.customer_id))
    )

    SELECT p.order_date
    FROM placed AS p
    UNION
    SELECT r.returned_on
    FROM placed AS p
    INNER JOIN crpm.returns AS r ON p.store_id = r.store_id AND p.order_id = r.order_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_customers__note_days() IS 'Notes the days on which a customer who has got another country bought where the store has none.';
CREATE TRIGGER tg_customers__note_days AFTER UPDATE OF country_code, merged_into_customer_id ON crpm.customers
FOR EACH ROW WHEN (OLD.country_code IS DISTINCT FROM NEW.country_code OR OLD.merged_into_customer_id IS DISTINCT FROM NEW.merged_into_customer_id)
EXECUTE FUNCTION crpm.tg_customers__note_days();

CREATE FUNCTION crpm.tg_stores__note_days() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO crpm.changed_days (sold_on)
    SELECT DISTINCT d.sold_on
    FROM crpm.sales_by_day AS d
    WHERE d.store_id = NEW.store_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_stores__note_days() IS 'Notes the days of a store that has got another country.';
CREATE TRIGGER tg_stores__note_days AFTER UPDATE OF country_code ON crpm.stores
FOR EACH ROW WHEN (OLD.country_code IS DISTINCT FROM NEW.country_code) EXECUTE FUNCTION crpm.tg_stores__note_days();

CREATE FUNCTION crpm.tg_products__note_days() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO crpm.changed_days (sold_on)
    SELECT DISTINCT m.month
    FROM crpm.sales_by_month AS m
    WHERE m.product_id = NEW.product_id;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_products__note_days() IS 'Notes the months of a product that has got another subcategory or brand.';
CREATE TRIGGER tg_products__note_days AFTER UPDATE OF subcategory_id, brand ON crpm.products
FOR EACH ROW WHEN (OLD.subcategory_id IS DISTINCT FROM NEW.subcategory_id OR OLD.brand IS DISTINCT FROM NEW.brand)
EXECUTE FUNCTION crpm.tg_products__note_days();

CREATE FUNCTION crpm.tg_subcategories__note_days() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO crpm.changed_days (sold_on)
    SELECT m.month FROM crpm.folded_months AS m;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_subcategories__note_days() IS 'Notes all months when a subcategory moves to another category.';
CREATE TRIGGER tg_subcategories__note_days AFTER UPDATE OF category_id ON crpm.subcategories
FOR EACH ROW WHEN (OLD.category_id <> NEW.category_id) EXECUTE FUNCTION crpm.tg_subcategories__note_days();

CREATE FUNCTION crpm.fold_sales() RETURNS date
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET work_mem = '64MB'
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
DECLARE
    v_month date := date_trunc('month', (SELECT max(c.sold_on) FROM crpm.changed_days AS c)::timestamp);
    v_next_month date := v_month + interval '1 month';
BEGIN
    IF v_month IS NULL OR NOT pg_try_advisory_xact_lock('crpm.changed_days'::regclass::oid::bigint) THEN
        RETURN NULL;
    END IF;
    -- What the rollups look up must not be on its way to change, or the days that it will note may be folded without it.
    BEGIN
        LOCK TABLE crpm.customers, crpm.stores, crpm.products, crpm.subcategories IN SHARE MODE NOWAIT;
    EXCEPTION WHEN lock_not_available THEN
        RETURN NULL;
    END;
    -- Sales that are recorded from here on may be counted below; their day is noted and stays so.
    DELETE FROM crpm.changed_days AS c WHERE c.sold_on >= v_month AND c.sold_on < v_next_month;
    DELETE FROM crpm.folded_months AS m WHERE m.month = v_month;
    DELETE FROM crpm.sales_by_month AS m WHERE m.month = v_month;
    DELETE FROM crpm.sales_by_day AS d WHERE d.sold_on >= v_month AND d.sold_on < v_next_month;
    DELETE FROM crpm.sales_by_customer AS c WHERE c.sold_on >= v_month AND c.sold_on < v_next_month;
    WITH lines AS MATERIALIZED (
        SELECT
            s.sold_on,
            s.kind,
            s.store_id,
            s.recorded_customer_id,
            s.product_id,
            s.currency_code,
            s.country_code,
            s.units,
            s.revenue,
            s.charged_amount,
            s.cost,
            s.kind = 'sale' AND row_number() OVER before = 1 AS is_first,
            s.kind = 'sale' AND array_position(array_agg(s.category_id) OVER before, s.category_id) IS NULL AS is_first_of_category,
            s.kind = 'sale' AND array_position(array_agg(s.subcategory_id) OVER before, s.subcategory_id) IS NULL AS is_first_of_subcategory,
            s.kind = 'sale' AND array_position(array_agg(s.brand) OVER before, s.brand) IS NULL AS is_first_of_brand,
            s.kind = 'sale' AND array_position(array_agg(concat_ws(' ', s.category_id, s.brand)) OVER before, concat_ws(' ', s.category_id, s.brand)) IS NULL
            AS is_first_of_brand_in_category
        FROM analytics.detailed_profits AS s
        WHERE s.sold_on >= v_month AND s.sold_on < v_next_month
        WINDOW before AS (PARTITION BY s.kind, s.order_id ORDER BY s.line_number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ),

    days AS (
        INSERT INTO crpm.sales_by_day (sold_on, kind, store_id, currency_code, country_code, orders, units, revenue, charged_amount)
        SELECT
            l.sold_on,
            l.kind,
            l.store_id,
            l.currency_code,
            l.country_code,
            count(*) FILTER (WHERE l.is_first),
            sum(l.units),
            sum(l.revenue),
            sum(l.charged_amount)
        FROM lines AS l
        GROUP BY l.sold_on, l.kind, l.store_id, l.currency_code, l.country_code
    ),

    customers AS (
        INSERT INTO crpm.sales_by_customer (sold_on, kind, store_id, recorded_customer_id, orders, lines, units, revenue, cost)
        SELECT
            l.sold_on,
            l.kind,
            l.store_id,
            l.recorded_customer_id,
            count(*) FILTER (WHERE l.is_first),
            count(*),
            sum(l.units),
            sum(l.revenue),
            sum(l.cost)
        FROM lines AS l
        GROUP BY l.sold_on, l.kind, l.store_id, l.recorded_customer_id
    ),

    products AS (
        INSERT INTO crpm.sales_by_month (
            month, kind, product_id, currency_code, country_code, orders_of_category, orders_of_subcategory, orders_of_brand,
            orders_of_brand_in_category, units, revenue, charged_amount, cost
        )
        SELECT
            v_month,
            l.kind,
            l.product_id,
            l.currency_code,
            l.country_code,
            count(*) FILTER (WHERE l.is_first_of_category),
            count(*) FILTER (WHERE l.is_first_of_subcategory),
            count(*) FILTER (WHERE l.is_first_of_brand),
            count(*) FILTER (WHERE l.is_first_of_brand_in_category),
            sum(l.units),
            sum(l.revenue),
            sum(l.charged_amount),
            sum(l.cost)
        FROM lines AS l
        GROUP BY l.kind, l.product_id, l.currency_code, l.country_code
    )

    INSERT INTO crpm.folded_months (month, last_sold_on)
    SELECT
        v_month,
        max(l.sold_on)
    FROM lines AS l
    HAVING count(*) > 0;
    RETURN v_month;
END
$$;
COMMENT ON FUNCTION crpm.fold_sales() IS
'Works out the rollups of the latest month that has days in crpm.changed_days, and tells which; null where there is none, or customers, stores or products are being
changed. One month a transaction: they cannot be changed meanwhile.';

-- ---------------------------------------------------------------- analytics
-- Revenue is net of tax and of returns, in base currency, without cancelled orders. A return counts on its own day.

CREATE VIEW analytics.sales WITH (security_invoker = TRUE) AS
SELECT
    'sale' AS kind,
    o.order_date AS sold_on,
    l.store_id,
    l.order_id,
    l.line_number,
    coalesce(m.merged_into_customer_id, o.customer_id) AS customer_id,
    o.customer_id AS recorded_customer_id,
    l.product_id,
    o.currency_code,
    l.quantity AS units,
    l.base_amount AS revenue,
    l.line_amount AS charged_amount
FROM crpm.order_lines AS l
INNER JOIN crpm.orders AS o ON l.store_id = o.store_id AND l.order_id = o.order_id
LEFT JOIN crpm.customers AS m ON o.customer_id = m.customer_id AND m.merged_into_customer_id IS NOT NULL
WHERE o.status = 'recorded'
UNION ALL
SELECT
    'return' AS kind,
    r.returned_on AS sold_on,
    r.store_id,
    r.order_id,
    r.line_number,
    coalesce(m.merged_into_customer_id, o.customer_id) AS customer_id,
    o.customer_id AS recorded_customer_id,
    l.product_id,
    o.currency_code,
    -r.quantity AS units,
    -r.base_amount AS revenue,
    -r.line_amount AS charged_amount
FROM crpm.returns AS r
INNER JOIN crpm.order_lines AS l
    ON r.store_id = l.store_id AND r.order_id = l.order_id AND r.line_number = l.line_number
INNER JOIN crpm.orders AS o ON r.store_id = o.store_id AND r.order_id = o.order_id
LEFT JOIN crpm.customers AS m ON o.customer_id = m.customer_id AND m.merged_into_customer_id IS NOT NULL
WHERE o.status = 'recorded';
COMMENT ON VIEW analytics.sales IS
'Grain: one row per order line sold (kind sale) and per return (kind return, negative). revenue in base currency, charged_amount in the order''s, both without tax.
customer_id is who the order counts with, recorded_customer_id who it was recorded for: a merged customer, to be found by an index.';

-- Says again what analytics.sales says: joining the cost to that view instead costs the planner its estimates, and seconds.
CREATE VIEW analytics.profits WITH (security_invoker = TRUE) AS
SELECT
    'sale' AS kind,
    o.order_date AS sold_on,
    l.store_id,
    l.order_id,
    l.line_number,
    coalesce(m.merged_into_customer_id, o.customer_id) AS customer_id,
    o.customer_id AS recorded_customer_id,
    l.product_id,
    o.currency_code,
    l.quantity AS units,
    l.base_amount AS revenue,
    l.line_amount AS charged_amount,
    l.quantity * l.base_unit_cost AS cost,
    l.base_amount - l.quantity * l.base_unit_cost AS gross_profit
FROM crpm.order_lines AS l
INNER JOIN crpm.orders AS o ON l.store_id = o.store_id AND l.order_id = o.order_id
LEFT JOIN crpm.customers AS m ON o.customer_id = m.customer_id AND m.merged_into_customer_id IS NOT NULL
WHERE o.status = 'recorded'
UNION ALL
SELECT
    'return' AS kind,
    r.returned_on AS sold_on,
    r.store_id,
    r.order_id,
    r.line_number,
    coalesce(m.merged_into_customer_id, o.customer_id) AS customer_id,
    o.customer_id AS recorded_customer_id,
    l.product_id,
    o.currency_code,
    -r.quantity AS units,
    -r.base_amount AS revenue,
    -r.line_amount AS charged_amount,
    -r.quantity * l.base_unit_cost AS cost,
    r.quantity * l.base_unit_cost - r.base_amount AS gross_profit
FROM crpm.returns AS r
INNER JOIN crpm.order_lines AS l
    ON r.store_id = l.store_id AND r.order_id = l.order_id AND r.line_number = l.line_number
INNER JOIN crpm.orders AS o ON r.store_id = o.store_id AND r.order_id = o.order_id
LEFT JOIN crpm.customers AS m ON o.customer_id = m.customer_id AND m.merged_into_customer_id IS NOT NULL
WHERE o.status = 'recorded';
COMMENT ON VIEW analytics.profits IS
'Grain: as analytics.sales, with cost (units at the unit cost frozen on the line) and gross profit (revenue less cost), in base currency. For managers.';

CREATE VIEW analytics.product_sales WITH (security_invoker = TRUE) AS
SELECT
    p.product_id,
    p.sku,
    p.name,
    p.brand,
    c.name AS category,
    sc.name AS subcategory,
    coalesce(sum(s.units), 0) AS units,
    coalesce(sum(s.revenue), 0) AS revenue,
    count(DISTINCT s.customer_id) AS customers,
    max(s.sold_on) FILTER (WHERE s.kind = 'sale') AS last_sold_on
FROM crpm.products AS p
INNER JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
INNER JOIN crpm.categories AS c ON sc.category_id = c.category_id
LEFT JOIN analytics.sales AS s ON p.product_id = s.product_id
GROUP BY p.product_id, c.name, sc.name;
COMMENT ON VIEW analytics.product_sales IS 'Grain: one row per product, those never sold included with zero.';

CREATE VIEW analytics.stock WITH (security_invoker = TRUE) AS
SELECT
    l.store_id,
    l.product_id,
    l.on_hand,
    p.reorder_point,
    p.is_active AND l.on_hand <= p.reorder_point AS is_below_reorder_point
FROM crpm.stock_levels AS l
INNER JOIN crpm.products AS p ON l.product_id = p.product_id;
COMMENT ON VIEW analytics.stock IS 'Grain: one row per store and product with a stock level.';

CREATE VIEW analytics.reorder WITH (security_invoker = TRUE) AS
WITH recent AS (
    SELECT
        x.store_id,
        x.product_id,
        sum(x.units) AS units
    FROM analytics.sales AS x
    WHERE x.sold_on > current_date - 90
    GROUP BY x.store_id, x.product_id
)

SELECT
    s.store_id,
    s.product_id,
    s.on_hand,
    s.reorder_point,
    greatest(coalesce(r.units, 0), 0) AS sold_in_90_days,
    CASE WHEN r.units > 0 THEN round(s.on_hand * 90.0 / r.units, 1) END AS days_of_cover,
    greatest(s.reorder_point - s.on_hand + ceil(greatest(coalesce(r.units, 0), 0) / 3.0), 1)::integer AS suggested_quantity
FROM analytics.stock AS s
INNER JOIN crpm.stores AS st ON s.store_id = st.store_id
LEFT JOIN recent AS r ON s.store_id = r.store_id AND s.product_id = r.product_id
WHERE s.is_below_reorder_point AND st.is_active;
COMMENT ON VIEW analytics.reorder IS
'Grain: one row per active store and active product at or below its reorder point. Sold is net of returns, today included. days_of_cover is on hand by the average day''s sales, null without sales.
suggested_quantity is what is missing to the reorder point plus 30 days of average sales, rounded up, at least 1.';

CREATE FUNCTION analytics.segment_of(p_recency bigint, p_frequency bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN p_recency >= 4 AND p_frequency >= 4 THEN 'Champions'
        WHEN p_recency >= 3 AND p_frequency >= 3 THEN 'Loyal'
        WHEN p_recency >= 4 THEN 'New or promising'
        WHEN p_recency = 3 THEN 'Need attention'
        WHEN p_frequency >= 3 THEN 'At risk'
        ELSE 'Gone quiet'
    END
$$;
COMMENT ON FUNCTION analytics.segment_of(bigint, bigint) IS
'The segment of a customer by two scores from 1 to 5, 5 the best: how lately one has bought, and how often.';

CREATE FUNCTION analytics.stock_on(p_day date)
RETURNS TABLE (store_id bigint, product_id bigint, on_hand bigint)
LANGUAGE sql STABLE
AS $$
    SELECT l.store_id, l.product_id, l.on_hand::bigint
    FROM crpm.stock_levels AS l
    WHERE p_day IS NULL
    UNION ALL
    SELECT m.store_id, m.product_id, sum(m.quantity)
    FROM crpm.stock_movements AS m
    WHERE m.occurred_on <= p_day
    GROUP BY m.store_id, m.product_id
$$;
COMMENT ON FUNCTION analytics.stock_on(date) IS
'Grain: one row per store and product that has had stock by then. What was on hand at the end of a day at the store, from the ledger; for null, the levels of now.';

CREATE FUNCTION analytics.stock_value_on(p_day date)
RETURNS TABLE (store_id bigint, product_id bigint, on_hand bigint, unit_cost numeric, stock_value numeric)
LANGUAGE sql STABLE
AS $$
    SELECT s.store_id, s.product_id, s.on_hand, cost.unit_cost, s.on_hand * cost.unit_cost
    FROM analytics.stock_on(p_day) AS s
    INNER JOIN crpm.stores AS st ON s.store_id = st.store_id
    LEFT JOIN LATERAL (
        SELECT c.unit_cost
        FROM crpm.product_costs AS c
        WHERE
            c.product_id = s.product_id AND c.valid_from <= now()
            AND (p_day IS NULL OR c.valid_from < (p_day + 1)::timestamp AT TIME ZONE st.time_zone)
        ORDER BY c.valid_from DESC
        LIMIT 1
    ) AS cost ON TRUE
    WHERE s.on_hand > 0
$$;
COMMENT ON FUNCTION analytics.stock_value_on(date) IS
'Grain: one row per store and product on hand at the end of a day at the store; for null, now. Valued at the cost of that day, in base currency; null where the product had none. For managers.';

CREATE VIEW analytics.daily_closes WITH (security_invoker = TRUE) AS
WITH counted AS (
    SELECT
        x.store_id,
        x.business_day,
        x.version,
        x.currency_code,
        sum(x.expected) AS expected,
        sum(x.counted) AS counted
    FROM crpm.daily_close_lines AS x
    GROUP BY x.store_id, x.business_day, x.version, x.currency_code
)

SELECT
    d.store_id,
    d.business_day,
    d.version,
    d.version = max(d.version) OVER (PARTITION BY d.store_id, d.business_day) AS is_latest,
    d.closed_at,
    d.closed_by,
    d.reason,
    c.currency_code,
    coalesce(c.expected, 0) AS expected,
    coalesce(c.counted, 0) AS counted,
    coalesce(c.counted - c.expected, 0) AS difference
FROM crpm.daily_closes AS d
LEFT JOIN counted AS c ON d.store_id = c.store_id AND d.business_day = c.business_day AND d.version = c.version;
COMMENT ON VIEW analytics.daily_closes IS
'Grain: one row per close, version and currency; one without currency where nothing was counted. difference is counted less expected.';

-- LEFT JOINs on keys: a query that reads no column of a joined table does not pay for joining it.
CREATE VIEW analytics.detailed_sales WITH (security_invoker = TRUE) AS
SELECT
    s.kind,
    s.sold_on,
    s.store_id,
    s.order_id,
    s.line_number,
    s.customer_id,
    s.recorded_customer_id,
    s.product_id,
    s.currency_code,
    coalesce(st.country_code, c.country_code) AS country_code,
    sc.category_id,
    p.subcategory_id,
    p.brand,
    s.units,
    s.revenue,
    s.charged_amount
FROM analytics.sales AS s
LEFT JOIN crpm.stores AS st ON s.store_id = st.store_id
LEFT JOIN crpm.customers AS c ON s.customer_id = c.customer_id
LEFT JOIN crpm.products AS p ON s.product_id = p.product_id
LEFT JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id;
COMMENT ON VIEW analytics.detailed_sales IS
'Grain: as analytics.sales, with what it is filtered by. country_code is the store''s; for the online shop, which has none, the customer''s.';

CREATE VIEW analytics.detailed_profits WITH (security_invoker = TRUE) AS
SELECT
    s.kind,
    s.sold_on,
    s.store_id,
    s.order_id,
    s.line_number,
    s.customer_id,
    s.recorded_customer_id,
    s.product_id,
    s.currency_code,
    coalesce(st.country_code, c.country_code) AS country_code,
    sc.category_id,
    p.subcategory_id,
    p.brand,
    s.units,
    s.revenue,
    s.charged_amount,
    s.cost,
    s.gross_profit
FROM analytics.profits AS s
LEFT JOIN crpm.stores AS st ON s.store_id = st.store_id
LEFT JOIN crpm.customers AS c ON s.customer_id = c.customer_id
LEFT JOIN crpm.products AS p ON s.product_id = p.product_id
LEFT JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id;
COMMENT ON VIEW analytics.detailed_profits IS 'Grain: as analytics.detailed_sales, with cost and gross profit as in analytics.profits. For managers.';

CREATE FUNCTION analytics.age_band(p_birth_date date, p_on date) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN p_birth_date IS NULL THEN 'not known'
        WHEN p_birth_date > p_on - interval '20 years' THEN 'under 20'
        WHEN p_birth_date > p_on - interval '30 years' THEN '20-29'
        WHEN p_birth_date > p_on - interval '40 years' THEN '30-39'
        WHEN p_birth_date > p_on - interval '50 years' THEN '40-49'
        WHEN p_birth_date > p_on - interval '60 years' THEN '50-59'
        ELSE '60 and over'
    END
$$;
COMMENT ON FUNCTION analytics.age_band(date, date) IS 'The ten years of age that somebody is in on a day, who changes on the birthday.';

CREATE FUNCTION analytics.segment_members(
    p_segment text, p_from_on date, p_to_on date, p_store_id bigint, p_country_code text, p_category_id bigint
) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN QUERY
    SELECT c.customer_id
    FROM analytics.customer_scores(p_from_on, p_to_on, p_store_id, p_country_code, p_category_id) AS c
    WHERE c.segment = p_segment;
END
$$;
COMMENT ON FUNCTION analytics.segment_members(text, date, date, bigint, text, bigint) IS
'Grain: one row per customer who is in a segment by the purchases of a period, as analytics.customer_scores tells it.';

CREATE VIEW analytics.folded_months WITH (security_invoker = TRUE) AS
SELECT
    m.month,
    m.last_sold_on
FROM crpm.folded_months AS m
WHERE NOT EXISTS (SELECT 1 FROM crpm.changed_days AS c WHERE date_trunc('month', c.sold_on::timestamp)::date = m.month);
COMMENT ON VIEW analytics.folded_months IS 'Grain: one row per month whose sales are rolled up as they are now, with the last day with a sale or return in it.';

CREATE FUNCTION analytics.days_not_folded(p_from_on date, p_to_on date) RETURNS TABLE (from_on date, to_on date)
LANGUAGE sql STABLE
AS $$
    SELECT
        greatest(x.month::date, p_from_on),
        least((x.month + interval '1 month - 1 day')::date, p_to_on)
    FROM generate_series(date_trunc('month', p_from_on::timestamp), p_to_on::timestamp, interval '1 month') AS x (month)
    WHERE NOT EXISTS (
        SELECT 1
        FROM analytics.folded_months AS m
        WHERE m.month = x.month::date AND m.month >= p_from_on AND m.last_sold_on <= p_to_on
    )
$$;
COMMENT ON FUNCTION analytics.days_not_folded(date, date) IS
'Grain: one row per month of a period, or part of one, whose sales are to be read from the orders: its first and last day.';

-- The functions below are one SELECT each, which the planner puts in the place of the call: of their parts those that the filters
-- rule out are not run. A segment is that of its own days, if they are given. OFFSET 0 keeps the planner from joining all orders
-- before it looks at the days.

CREATE FUNCTION analytics.sales_of_days(
    p_from_on date, p_to_on date, p_store_id bigint, p_country_code text, p_category_id bigint, p_segment text,
    p_segment_from_on date DEFAULT NULL, p_segment_to_on date DEFAULT NULL
) RETURNS TABLE (
    sold_on date, kind text, store_id bigint, currency_code text, country_code text, orders bigint, units bigint, revenue numeric,
    charged_amount numeric
)
LANGUAGE sql STABLE
AS $$
    SELECT
        r.sold_on,
        r.kind,
        r.store_id,
        r.currency_code,
        r.country_code,
        r.orders,
        r.units,
        r.revenue,
        r.charged_amount
    FROM crpm.sales_by_day AS r
    WHERE
        p_category_id IS NULL AND p_segment IS NULL
        AND r.sold_on BETWEEN p_from_on AND p_to_on
        AND NOT EXISTS (SELECT 1 FROM crpm.changed_days AS c WHERE c.sold_on = r.sold_on)
        AND (p_store_id IS NULL OR r.store_id = p_store_id)
        AND (p_country_code IS NULL OR r.country_code = p_country_code)
    UNION ALL
    SELECT
        s.sold_on,
        s.kind,
        s.store_id,
        s.currency_code,
        s.country_code,
        count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale'),
        sum(s.units),
        sum(s.revenue),
        sum(s.charged_amount)
    FROM (SELECT DISTINCT c.sold_on FROM crpm.changed_days AS c WHERE c.sold_on BETWEEN p_from_on AND p_to_on) AS d
    CROSS JOIN LATERAL (SELECT x.* FROM analytics.detailed_sales AS x WHERE x.sold_on = d.sold_on OFFSET 0) AS s
    WHERE
        p_category_id IS NULL AND p_segment IS NULL
        AND (p_store_id IS NULL OR s.store_id = p_store_id)
        AND (p_country_code IS NULL OR s.country_code = p_country_code)
    GROUP BY s.sold_on, s.kind, s.store_id, s.currency_code, s.country_code
    UNION ALL
    SELECT
        s.sold_on,
        s.kind,
        s.store_id,
        s.currency_code,
        s.country_code,
        count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale'),
        sum(s.units),
        sum(s.revenue),
        sum(s.charged_amount)
    FROM analytics.detailed_sales AS s
    WHERE
        (p_category_id IS NOT NULL OR p_segment IS NOT NULL)
        AND s.sold_on BETWEEN p_from_on AND p_to_on
        AND (p_store_id IS NULL OR s.store_id = p_store_id)
        AND (p_country_code IS NULL OR s.country_code = p_country_code)
        AND (p_category_id IS NULL OR s.category_id = p_category_id)
        AND (
            p_segment IS NULL
            OR s.customer_id IN (
                SELECT analytics.segment_members(
                    p_segment, coalesce(p_segment_from_on, p_from_on), coalesce(p_segment_to_on, p_to_on), p_store_id, p_country_code, p_category_id
                )
            )
        )
    GROUP BY s.sold_on, s.kind, s.store_id, s.currency_code, s.country_code
$$;
COMMENT ON FUNCTION analytics.sales_of_days(date, date, bigint, text, bigint, text, date, date) IS
'Grain: one row per day, kind, store, currency and country with a sale or return in a period, of a store, country, category and segment where
they are given. orders counts the day''s orders with such a line.';

CREATE FUNCTION analytics.sales_of_products(
    p_from_on date, p_to_on date, p_store_id bigint, p_country_code text, p_category_id bigint, p_segment text,
    p_segment_from_on date DEFAULT NULL, p_segment_to_on date DEFAULT NULL
) RETURNS TABLE (
    sold_on date, kind text, product_id bigint, category_id bigint, subcategory_id bigint, brand text, currency_code text, country_code text,
    order_id bigint, orders_of_category bigint, orders_of_subcategory bigint, orders_of_brand bigint, units bigint, revenue numeric, charged_amount numeric
)
LANGUAGE sql STABLE
AS $$
    SELECT
        r.month,
        r.kind,
        r.product_id,
        sc.category_id,
        p.subcategory_id,
        p.brand,
        r.currency_code,
        r.country_code,
        NULL,
        r.orders_of_category,
        r.orders_of_subcategory,
        CASE WHEN p_category_id IS NULL THEN r.orders_of_brand ELSE r.orders_of_brand_in_category END,
        r.units,
        r.revenue,
        r.charged_amount
    FROM analytics.folded_months AS m
    INNER JOIN crpm.sales_by_month AS r ON m.month = r.month
    LEFT JOIN crpm.products AS p ON r.product_id = p.product_id
    LEFT JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
    WHERE
        p_store_id IS NULL AND p_segment IS NULL AND (SELECT crpm.acting_store()) IS NULL
        AND m.month >= p_from_on AND m.last_sold_on <= p_to_on
        AND (p_country_code IS NULL OR r.country_code = p_country_code)
        AND (p_category_id IS NULL OR sc.category_id = p_category_id)
    UNION ALL
    SELECT
        s.sold_on,
        s.kind,
        s.product_id,
        s.category_id,
        s.subcategory_id,
        s.brand,
        s.currency_code,
        s.country_code,
        s.order_id,
        0,
        0,
        0,
        s.units,
        s.revenue,
        s.charged_amount
    FROM analytics.days_not_folded(p_from_on, p_to_on) AS d
    CROSS JOIN LATERAL (SELECT x.* FROM analytics.detailed_sales AS x WHERE x.sold_on BETWEEN d.from_on AND d.to_on OFFSET 0) AS s
    WHERE
        p_store_id IS NULL AND p_segment IS NULL AND (SELECT crpm.acting_store()) IS NULL
        AND (p_country_code IS NULL OR s.country_code = p_country_code)
        AND (p_category_id IS NULL OR s.category_id = p_category_id)
    UNION ALL
    SELECT
        s.sold_on,
        s.kind,
        s.product_id,
        s.category_id,
        s.subcategory_id,
        s.brand,
        s.currency_code,
        s.country_code,
        s.order_id,
        0,
        0,
        0,
        s.units,
        s.revenue,
        s.charged_amount
    FROM analytics.detailed_sales AS s
    WHERE
        (p_store_id IS NOT NULL OR p_segment IS NOT NULL OR (SELECT crpm.acting_store()) IS NOT NULL)
        AND s.sold_on BETWEEN p_from_on AND p_to_on
        AND (p_store_id IS NULL OR s.store_id = p_store_id)
        AND (p_country_code IS NULL OR s.country_code = p_country_code)
        AND (p_category_id IS NULL OR s.category_id = p_category_id)
        AND (
            p_segment IS NULL
            OR s.customer_id IN (
                SELECT analytics.segment_members(
                    p_segment, coalesce(p_segment_from_on, p_from_on), coalesce(p_segment_to_on, p_to_on), p_store_id, p_country_code, p_category_id
                )
            )
        )
$$;
COMMENT ON FUNCTION analytics.sales_of_products(date, date, bigint, text, bigint, text, date, date) IS
'Grain: rows that add up to what each product sold in a period, in each currency and country, of a store, country, category and segment where they are given; 
sold_on is in the right month, and in the period.
An order of category is counted in orders_of_category, or has its order_id in each of its rows: the orders are their sum and the number of different ids of sales; so with subcategory and brand.';

CREATE FUNCTION analytics.profits_of_products(
    p_from_on date, p_to_on date, p_store_id bigint, p_country_code text, p_category_id bigint, p_segment text,
    p_segment_from_on date DEFAULT NULL, p_segment_to_on date DEFAULT NULL
) RETURNS TABLE (
    sold_on date, kind text, product_id bigint, category_id bigint, subcategory_id bigint, brand text, currency_code text, country_code text,
    order_id bigint, orders_of_category bigint, orders_of_subcategory bigint, orders_of_brand bigint, units bigint, revenue numeric, charged_amount numeric, cost numeric, gross_profit numeric
)
LANGUAGE sql STABLE
AS $$
    SELECT
        r.month,
        r.kind,
        r.product_id,
        sc.category_id,
        p.subcategory_id,
        p.brand,
        r.currency_code,
        r.country_code,
        NULL,
        r.orders_of_category,
        r.orders_of_subcategory,
        CASE WHEN p_category_id IS NULL THEN r.orders_of_brand ELSE r.orders_of_brand_in_category END,
        r.units,
        r.revenue,
        r.charged_amount,
        r.cost,
        r.revenue - r.cost
    FROM analytics.folded_months AS m
    INNER JOIN crpm.sales_by_month AS r ON m.month = r.month
    LEFT JOIN crpm.products AS p ON r.product_id = p.product_id
    LEFT JOIN crpm.subcategories AS sc ON p.subcategory_id = sc.subcategory_id
    WHERE
        p_store_id IS NULL AND p_segment IS NULL AND (SELECT crpm.acting_store()) IS NULL
        AND m.month >= p_from_on AND m.last_sold_on <= p_to_on
        AND (p_country_code IS NULL OR r.country_code = p_country_code)
        AND (p_category_id IS NULL OR sc.category_id = p_category_id)
    UNION ALL
    SELECT
        s.sold_on,
        s.kind,
        s.product_id,
        s.category_id,
        s.subcategory_id,
        s.brand,
        s.currency_code,
        s.country_code,
        s.order_id,
        0,
        0,
        0,
        s.units,
        s.revenue,
        s.charged_amount,
        s.cost,
        s.gross_profit
    FROM analytics.days_not_folded(p_from_on, p_to_on) AS d
    CROSS JOIN LATERAL (SELECT x.* FROM analytics.detailed_profits AS x WHERE x.sold_on BETWEEN d.from_on AND d.to_on OFFSET 0) AS s
    WHERE
        p_store_id IS NULL AND p_segment IS NULL AND (SELECT crpm.acting_store()) IS NULL
        AND (p_country_code IS NULL OR s.country_code = p_country_code)
        AND (p_category_id IS NULL OR s.category_id = p_category_id)
    UNION ALL
    SELECT
        s.sold_on,
        s.kind,
        s.product_id,
        s.category_id,
        s.subcategory_id,
        s.brand,
        s.currency_code,
        s.country_code,
        s.order_id,
        0,
        0,
        0,
        s.units,
        s.revenue,
        s.charged_amount,
        s.cost,
        s.gross_profit
    FROM analytics.detailed_profits AS s
    WHERE
        (p_store_id IS NOT NULL OR p_segment IS NOT NULL OR (SELECT crpm.acting_store()) IS NOT NULL)
        AND s.sold_on BETWEEN p_from_on AND p_to_on
        AND (p_store_id IS NULL OR s.store_id = p_store_id)
        AND (p_country_code IS NULL OR s.country_code = p_country_code)
        AND (p_category_id IS NULL OR s.category_id = p_category_id)
        AND (
            p_segment IS NULL
            OR s.customer_id IN (
                SELECT analytics.segment_members(
                    p_segment, coalesce(p_segment_from_on, p_from_on), coalesce(p_segment_to_on, p_to_on), p_store_id, p_country_code, p_category_id
                )
            )
        )
$$;
COMMENT ON FUNCTION analytics.profits_of_products(date, date, bigint, text, bigint, text, date, date) IS
'Grain: as analytics.sales_of_products, with cost and gross profit as in analytics.profits. For managers.';

CREATE FUNCTION analytics.sales_of_customers(
    p_from_on date, p_to_on date, p_store_id bigint, p_country_code text, p_category_id bigint, p_segment text,
    p_segment_from_on date DEFAULT NULL, p_segment_to_on date DEFAULT NULL
) RETURNS TABLE (
    sold_on date, kind text, store_id bigint, customer_id bigint, orders bigint, lines bigint, units bigint, revenue numeric
)
LANGUAGE sql STABLE
AS $$
    SELECT
        r.sold_on,
        r.kind,
        r.store_id,
        coalesce(c.merged_into_customer_id, r.recorded_customer_id),
        r.orders,
        r.lines,
        r.units,
        r.revenue
    FROM crpm.sales_by_customer AS r
    LEFT JOIN crpm.customers AS c ON r.recorded_customer_id = c.customer_id AND c.merged_into_customer_id IS NOT NULL
    LEFT JOIN crpm.customers AS k ON coalesce(c.merged_into_customer_id, r.recorded_customer_id) = k.customer_id
    LEFT JOIN crpm.stores AS st ON r.store_id = st.store_id
    WHERE
        p_category_id IS NULL
        AND r.sold_on BETWEEN p_from_on AND p_to_on
        AND NOT EXISTS (SELECT 1 FROM crpm.changed_days AS d WHERE d.sold_on = r.sold_on)
        AND (p_store_id IS NULL OR r.store_id = p_store_id)
        AND (p_country_code IS NULL OR coalesce(st.country_code, k.country_code) = p_country_code)
        AND (
            p_segment IS NULL
            OR coalesce(c.merged_into_customer_id, r.recorded_customer_id) IN (
                SELECT analytics.segment_members(
                    p_segment, coalesce(p_segment_from_on, p_from_on), coalesce(p_segment_to_on, p_to_on), p_store_id, p_country_code, p_category_id
                )
            )
        )
    UNION ALL
    SELECT
        s.sold_on,
        s.kind,
        s.store_id,
        s.customer_id,
        count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale'),
        count(*),
        sum(s.units),
        sum(s.revenue)
    FROM (SELECT DISTINCT c.sold_on FROM crpm.changed_days AS c WHERE c.sold_on BETWEEN p_from_on AND p_to_on) AS d
    CROSS JOIN LATERAL (SELECT x.* FROM analytics.detailed_sales AS x WHERE x.sold_on = d.sold_on OFFSET 0) AS s
    WHERE
        p_category_id IS NULL
        AND (p_store_id IS NULL OR s.store_id = p_store_id)
        AND (p_country_code IS NULL OR s.country_code = p_country_code)
        AND (
            p_segment IS NULL
            OR s.customer_id IN (
                SELECT analytics.segment_members(
                    p_segment, coalesce(p_segment_from_on, p_from_on), coalesce(p_segment_to_on, p_to_on), p_store_id, p_country_code, p_category_id
                )
            )
        )
    GROUP BY s.sold_on, s.kind, s.store_id, s.customer_id
    UNION ALL
    SELECT
        s.sold_on,
        s.kind,
        s.store_id,
        s.customer_id,
        count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale'),
        count(*),
        sum(s.units),
        sum(s.revenue)
    FROM analytics.detailed_sales AS s
    WHERE
        p_category_id IS NOT NULL
        AND s.sold_on BETWEEN p_from_on AND p_to_on
        AND (p_store_id IS NULL OR s.store_id = p_store_id)
        AND (p_country_code IS NULL OR s.country_code = p_country_code)
        AND s.category_id = p_category_id
        AND (
            p_segment IS NULL
            OR s.customer_id IN (
                SELECT analytics.segment_members(
                    p_segment, coalesce(p_segment_from_on, p_from_on), coalesce(p_segment_to_on, p_to_on), p_store_id, p_country_code, p_category_id
                )
            )
        )
    GROUP BY s.sold_on, s.kind, s.store_id, s.customer_id
$$;
COMMENT ON FUNCTION analytics.sales_of_customers(date, date, bigint, text, bigint, text, date, date) IS
'Grain: one row per day, kind, store and customer as recorded, null for walk-ins, with a sale or return in a period, of a store, country,
category and segment where they are given. customer_id is who the orders count with.';

CREATE FUNCTION analytics.profits_of_customers(
    p_from_on date, p_to_on date, p_store_id bigint, p_country_code text, p_category_id bigint, p_segment text,
    p_segment_from_on date DEFAULT NULL, p_segment_to_on date DEFAULT NULL
) RETURNS TABLE (
    sold_on date, kind text, store_id bigint, customer_id bigint, orders bigint, lines bigint, units bigint, revenue numeric, cost numeric, gross_profit numeric
)
LANGUAGE sql STABLE
AS $$
    SELECT
        r.sold_on,
        r.kind,
        r.store_id,
        coalesce(c.merged_into_customer_id, r.recorded_customer_id),
        r.orders,
        r.lines,
        r.units,
        r.revenue,
        r.cost,
        r.revenue - r.cost
    FROM crpm.sales_by_customer AS r
    LEFT JOIN crpm.customers AS c ON r.recorded_customer_id = c.customer_id AND c.merged_into_customer_id IS NOT NULL
    LEFT JOIN crpm.customers AS k ON coalesce(c.merged_into_customer_id, r.recorded_customer_id) = k.customer_id
    LEFT JOIN crpm.stores AS st ON r.store_id = st.store_id
    WHERE
        p_category_id IS NULL
        AND r.sold_on BETWEEN p_from_on AND p_to_on
        AND NOT EXISTS (SELECT 1 FROM crpm.changed_days AS d WHERE d.sold_on = r.sold_on)
        AND (p_store_id IS NULL OR r.store_id = p_store_id)
        AND (p_country_code IS NULL OR coalesce(st.country_code, k.country_code) = p_country_code)
        AND (
            p_segment IS NULL
            OR coalesce(c.merged_into_customer_id, r.recorded_customer_id) IN (
                SELECT analytics.segment_members(
                    p_segment, coalesce(p_segment_from_on, p_from_on), coalesce(p_segment_to_on, p_to_on), p_store_id, p_country_code, p_category_id
                )
            )
        )
    UNION ALL
    SELECT
        s.sold_on,
        s.kind,
        s.store_id,
        s.customer_id,
        count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale'),
        count(*),
        sum(s.units),
        sum(s.revenue),
        sum(s.cost),
        sum(s.gross_profit)
    FROM (SELECT DISTINCT c.sold_on FROM crpm.changed_days AS c WHERE c.sold_on BETWEEN p_from_on AND p_to_on) AS d
    CROSS JOIN LATERAL (SELECT x.* FROM analytics.detailed_profits AS x WHERE x.sold_on = d.sold_on OFFSET 0) AS s
    WHERE
        p_category_id IS NULL
        AND (p_store_id IS NULL OR s.store_id = p_store_id)
        AND (p_country_code IS NULL OR s.country_code = p_country_code)
        AND (
            p_segment IS NULL
            OR s.customer_id IN (
                SELECT analytics.segment_members(
                    p_segment, coalesce(p_segment_from_on, p_from_on), coalesce(p_segment_to_on, p_to_on), p_store_id, p_country_code, p_category_id
                )
            )
        )
    GROUP BY s.sold_on, s.kind, s.store_id, s.customer_id
    UNION ALL
    SELECT
        s.sold_on,
        s.kind,
        s.store_id,
        s.customer_id,
        count(DISTINCT s.order_id) FILTER (WHERE s.kind = 'sale'),
        count(*),
        sum(s.units),
        sum(s.revenue),
        sum(s.cost),
        sum(s.gross_profit)
    FROM analytics.detailed_profits AS s
    WHERE
        p_category_id IS NOT NULL
        AND s.sold_on BETWEEN p_from_on AND p_to_on
        AND (p_store_id IS NULL OR s.store_id = p_store_id)
        AND (p_country_code IS NULL OR s.country_code = p_country_code)
        AND s.category_id = p_category_id
        AND (
            p_segment IS NULL
            OR s.customer_id IN (
                SELECT analytics.segment_members(
                    p_segment, coalesce(p_segment_from_on, p_from_on), coalesce(p_segment_to_on, p_to_on), p_store_id, p_country_code, p_category_id
                )
            )
        )
    GROUP BY s.sold_on, s.kind, s.store_id, s.customer_id
$$;
COMMENT ON FUNCTION analytics.profits_of_customers(date, date, bigint, text, bigint, text, date, date) IS
'Grain: as analytics.sales_of_customers, with cost and gross profit as in analytics.profits. For managers.';

CREATE FUNCTION analytics.customer_scores(p_from_on date, p_to_on date, p_store_id bigint, p_country_code text, p_category_id bigint)
RETURNS TABLE (
    customer_id bigint, last_on date, orders bigint, revenue numeric, recency bigint, frequency bigint, monetary bigint, segment text
)
LANGUAGE sql STABLE
AS $$
    WITH bought AS (
        SELECT
            s.customer_id,
            max(s.sold_on) FILTER (WHERE s.kind = 'sale') AS last_on,
            sum(s.orders)::bigint AS orders,
            sum(s.revenue) AS revenue
        FROM analytics.sales_of_customers(p_from_on, p_to_on, p_store_id, p_country_code, p_category_id, NULL) AS s
        WHERE s.customer_id IS NOT NULL
        GROUP BY s.customer_id
        HAVING sum(s.orders) > 0
    ),

    scored AS (
        SELECT
            b.customer_id,
            b.last_on,
            b.orders,
            b.revenue,
            1 + 5 * (rank() OVER (ORDER BY b.last_on) - 1) / count(*) OVER () AS recency,
            1 + 5 * (rank() OVER (ORDER BY b.orders) - 1) / count(*) OVER () AS frequency,
            1 + 5 * (rank() OVER (ORDER BY b.revenue) - 1) / count(*) OVER () AS monetary
        FROM bought AS b
    )

    SELECT
        s.customer_id,
        s.last_on,
        s.orders,
        s.revenue,
        s.recency,
        s.frequency,
        s.monetary,
        analytics.segment_of(s.recency, s.frequency)
    FROM scored AS s
$$;
COMMENT ON FUNCTION analytics.customer_scores(date, date, bigint, text, bigint) IS
'Grain: one row per customer with a sale in a period, of a store, country and category where they are given. Each of recency, frequency and revenue (RFM) is scored
1 to 5 by the fifth of these customers that one belongs to; equal values score alike, and the first two make the segment.';

CREATE VIEW analytics.headline WITH (security_invoker = TRUE) AS
SELECT
    coalesce(sum(s.revenue), 0) AS revenue,
    coalesce(sum(s.units), 0)::bigint AS units,
    coalesce(sum(s.orders), 0)::bigint AS orders,
    round(sum(s.revenue) / nullif(sum(s.orders), 0), 2) AS average_order_value,
    count(DISTINCT s.customer_id) AS customers_who_bought
FROM analytics.sales_of_customers('-infinity', 'infinity', NULL, NULL, NULL, NULL) AS s;
COMMENT ON VIEW analytics.headline IS
'Grain: one row, over all time. average_order_value is revenue by orders.';

CREATE VIEW analytics.headline_profit WITH (security_invoker = TRUE) AS
SELECT
    coalesce(sum(s.revenue), 0) AS revenue,
    coalesce(sum(s.cost), 0) AS cost,
    coalesce(sum(s.gross_profit), 0) AS gross_profit,
    round(sum(s.gross_profit) / nullif(sum(s.revenue), 0), 4) AS margin
FROM analytics.profits_of_customers('-infinity', 'infinity', NULL, NULL, NULL, NULL) AS s;
COMMENT ON VIEW analytics.headline_profit IS 'Grain: one row, over all time. margin is gross profit by revenue, a share. For managers.';

CREATE VIEW analytics.daily_sales WITH (security_invoker = TRUE) AS
SELECT
    s.sold_on,
    s.store_id,
    sum(s.orders)::bigint AS orders,
    sum(s.units)::bigint AS units,
    sum(s.revenue) AS revenue
FROM analytics.sales_of_days('-infinity', 'infinity', NULL, NULL, NULL, NULL) AS s
GROUP BY s.sold_on, s.store_id;
COMMENT ON VIEW analytics.daily_sales IS 'Grain: one row per day and store with a sale or return.';

CREATE VIEW analytics.customer_sales WITH (security_invoker = TRUE) AS
SELECT
    s.customer_id,
    sum(s.orders)::bigint AS orders,
    sum(s.units)::bigint AS units,
    sum(s.revenue) AS revenue,
    min(s.sold_on) AS first_bought_on,
    max(s.sold_on) FILTER (WHERE s.kind = 'sale') AS last_bought_on
FROM analytics.sales_of_customers('-infinity', 'infinity', NULL, NULL, NULL, NULL) AS s
WHERE s.customer_id IS NOT NULL
GROUP BY s.customer_id;
COMMENT ON VIEW analytics.customer_sales IS 'Grain: one row per customer who has bought.';

-- ---------------------------------------------------------------- staging
-- Emptied at the beginning and the end of each load, which is one transaction: nobody else ever sees a row here, and
-- nothing of a person stays behind. Unlogged, because a crash rolls the load back anyway.
-- A file's rows stand here twice: as text, as they were read (source_rows), and understood (clean_rows). Both are
-- parents, so that accounting for every row, whatever its file is about, is one query.

CREATE UNLOGGED TABLE staging.source_rows (
    load_file_id integer NOT NULL,
    source_line integer NOT NULL,
    raw_text text NOT NULL,
    unreadable text,
    unmatched text[]
);
COMMENT ON TABLE staging.source_rows IS
'Grain: one row per row read, in one child table per target. Cells as they stand in the file; null where the file has no such column.';
COMMENT ON COLUMN staging.source_rows.source_line IS 'The line of the file where the row begins, counted from its first; of an Excel file the row of the sheet.';
COMMENT ON COLUMN staging.source_rows.unreadable IS 'Why the row could not be taken apart into cells; null for almost all.';
COMMENT ON COLUMN staging.source_rows.unmatched IS
'Of a row whose lookup in another file has no match: the field, the reason code, and what was looked for.';

CREATE UNLOGGED TABLE staging.customers (
    source_key text,
    name text,
    gender text,
    birth_date text,
    email text,
    phone text,
    street text,
    city text,
    state_code text,
    state text,
    postal_code text,
    country text,
    continent text
) INHERITS (staging.source_rows);
COMMENT ON TABLE staging.customers IS 'Rows of files about customers.';

CREATE UNLOGGED TABLE staging.products (
    source_key text,
    name text,
    brand text,
    color text,
    unit_cost text,
    unit_price text,
    subcategory_key text,
    subcategory text,
    category_key text,
    category text
) INHERITS (staging.source_rows);
COMMENT ON TABLE staging.products IS 'Rows of files about products; price and cost are in base currency.';

CREATE UNLOGGED TABLE staging.stores (
    source_key text,
    country text,
    state text,
    area_m2 text,
    opened_on text,
    name text
) INHERITS (staging.source_rows);
COMMENT ON TABLE staging.stores IS 'Rows of files about stores. The online shop is the one whose country is "Online".';

CREATE UNLOGGED TABLE staging.rates (
    rate_date text,
    currency_code text,
    units_per_base text
) INHERITS (staging.source_rows);
COMMENT ON TABLE staging.rates IS 'Rows of files about exchange rates.';

CREATE UNLOGGED TABLE staging.sales (
    order_number text,
    line_number text,
    order_date text,
    delivered_on text,
    customer_key text,
    store_key text,
    product_key text,
    quantity text,
    currency_code text,
    unit_price text,
    line_amount text
) INHERITS (staging.source_rows);
COMMENT ON TABLE staging.sales IS 'Rows of files about sales, one per order line. What was charged is unit_price or line_amount; else the list price.';

CREATE UNLOGGED TABLE staging.stock (
    store_key text,
    product_key text,
    quantity text
) INHERITS (staging.source_rows);
COMMENT ON TABLE staging.stock IS 'Rows of files about counted stock.';

CREATE UNLOGGED TABLE staging.returns (
    source_key text,
    order_number text,
    line_number text,
    product_key text,
    quantity text,
    returned_on text,
    store_key text,
    reason text,
    refund_amount text
) INHERITS (staging.source_rows);
COMMENT ON TABLE staging.returns IS 'Rows of files about goods that came back, one per order line and day, or per number of the return.';

CREATE UNLOGGED TABLE staging.fields (
    load_file_id integer NOT NULL,
    field text NOT NULL,
    header text NOT NULL
);
COMMENT ON TABLE staging.fields IS 'Grain: one row per column of a file that feeds a field: the header it has there.';

CREATE UNLOGGED TABLE staging.cells (
    load_file_id integer NOT NULL,
    field text NOT NULL,
    kind text NOT NULL,
    cell text NOT NULL,
    first_line integer NOT NULL,
    text_value text,
    number_value numeric,
    date_value date,
    record_id bigint,
    point_value numeric,
    comma_value numeric,
    sure_date date,
    year_first date,
    month_first date,
    day_first date,
    problem text
);
COMMENT ON TABLE staging.cells IS
'Grain: one row per file, field and distinct cell, so that each is understood once, however often it occurs. No value and no problem: it is missing.';
COMMENT ON COLUMN staging.cells.record_id IS 'The customer, store or product that a key means.';
COMMENT ON COLUMN staging.cells.point_value IS
'The number it would be if its decimals stood behind a point; beside comma_value. Which one counts is decided over the whole column.';
COMMENT ON COLUMN staging.cells.sure_date IS 'The day it is in any order: its year has four digits and stands first, its month a name, or it counts days.';
COMMENT ON COLUMN staging.cells.month_first IS
'The day it would be if the month stood first; beside day_first and, with two digits for the year, year_first. Which one counts is decided over the whole column.';
COMMENT ON COLUMN staging.cells.problem IS 'Reason code for not understanding it.';

CREATE UNLOGGED TABLE staging.clean_rows (
    load_file_id integer NOT NULL,
    source_line integer NOT NULL,
    outcome text,
    problem text[]
);
COMMENT ON TABLE staging.clean_rows IS 'Grain: one row per row read, in one child table per target, with what becomes of it.';
COMMENT ON COLUMN staging.clean_rows.outcome IS 'updated, duplicate or rejected; null for a row that is loaded.';
COMMENT ON COLUMN staging.clean_rows.problem IS 'Of a rejected row: the field, the reason code, and what else the message should say.';

CREATE UNLOGGED TABLE staging.keyed_rows (
    source_key text,
    source_hash text,
    record_id bigint,
    recorded_hash text,
    file_values jsonb,
    loaded_values jsonb,
    now_values jsonb,
    taken jsonb
) INHERITS (staging.clean_rows);
COMMENT ON TABLE staging.keyed_rows IS 'Rows that have a key of their own, of all targets but sales.';
COMMENT ON COLUMN staging.keyed_rows.record_id IS 'The record that already has this key; null where it is new.';
COMMENT ON COLUMN staging.keyed_rows.recorded_hash IS 'The fingerprint of that record''s row as last loaded.';
COMMENT ON COLUMN staging.keyed_rows.file_values IS
'What the row says, by column of the record, of those that the file has a column for; beside it what was last loaded, and what the record holds now.';
COMMENT ON COLUMN staging.keyed_rows.taken IS 'Of an update, the part of file_values that nobody has edited since it was last loaded.';

CREATE UNLOGGED TABLE staging.clean_customers (
    name text,
    gender text,
    birth_date date,
    email text,
    phone text,
    street text,
    city text,
    state_code text,
    state text,
    postal_code text,
    country_code text,
    continent text
) INHERITS (staging.keyed_rows);
COMMENT ON TABLE staging.clean_customers IS 'Customers understood.';

CREATE UNLOGGED TABLE staging.clean_products (
    sku text,
    name text,
    brand text,
    color text,
    unit_cost numeric,
    unit_price numeric,
    subcategory_key text,
    subcategory text,
    category_key text,
    category text,
    subcategory_id bigint
) INHERITS (staging.keyed_rows);
COMMENT ON TABLE staging.clean_products IS 'Products understood.';

CREATE UNLOGGED TABLE staging.clean_stores (
    is_online boolean,
    country_code text,
    state text,
    area_m2 numeric,
    opened_on date,
    name text
) INHERITS (staging.keyed_rows);
COMMENT ON TABLE staging.clean_stores IS 'Stores understood.';

CREATE UNLOGGED TABLE staging.clean_rates (
    currency_code text,
    rate_date date,
    units_per_base numeric
) INHERITS (staging.keyed_rows);
COMMENT ON TABLE staging.clean_rates IS 'Exchange rates understood.';

CREATE UNLOGGED TABLE staging.clean_stock (
    store_id bigint,
    product_id bigint,
    quantity integer
) INHERITS (staging.keyed_rows);
COMMENT ON TABLE staging.clean_stock IS 'Stock counts understood.';

CREATE UNLOGGED TABLE staging.clean_returns (
    store_id bigint,
    order_id bigint,
    line_number integer,
    return_number integer,
    quantity integer,
    returned_on date,
    received_store_id bigint,
    is_restocked boolean,
    reason text,
    refund_amount numeric,
    line_amount numeric,
    base_amount numeric,
    withheld_amount numeric,
    base_withheld_amount numeric
) INHERITS (staging.keyed_rows);
COMMENT ON TABLE staging.clean_returns IS 'Returns understood, and priced by staging.settle_returns().';
COMMENT ON COLUMN staging.clean_returns.refund_amount IS 'What the file says was refunded; null where it does not, and the share of what was paid is.';

CREATE UNLOGGED TABLE staging.clean_sales (
    order_number text,
    line_number integer,
    header_hash bigint,
    store_id bigint,
    customer_id bigint,
    product_id bigint,
    order_date date,
    delivered_on date,
    currency_code text,
    exchange_rate numeric,
    rate_date date,
    quantity integer,
    unit_price numeric,
    line_amount numeric,
    base_unit_price numeric,
    base_unit_cost numeric,
    base_amount numeric,
    price_field text
) INHERITS (staging.clean_rows);
COMMENT ON TABLE staging.clean_sales IS 'Order lines understood and priced.';
COMMENT ON COLUMN staging.clean_sales.header_hash IS
'Fingerprint of what the lines of one order must agree on; null where that cannot be read.';
COMMENT ON COLUMN staging.clean_sales.base_amount IS 'The row''s money in the account; null where price or quantity cannot be read.';
COMMENT ON COLUMN staging.clean_sales.price_field IS 'The field of the file that says what was charged; null where the list price was taken.';

CREATE UNLOGGED TABLE staging.orders (
    order_number text NOT NULL,
    order_id bigint NOT NULL,
    store_id bigint NOT NULL,
    customer_id bigint,
    order_date date NOT NULL,
    delivered_on date,
    currency_code text NOT NULL,
    exchange_rate numeric NOT NULL,
    rate_date date NOT NULL,
    load_file_id integer NOT NULL,
    source_line integer NOT NULL,
    is_recorded boolean NOT NULL,
    becomes_delivered boolean NOT NULL,
    contradiction text[]
);
COMMENT ON TABLE staging.orders IS 'Grain: one row per order among the rows of sales that are not rejected.';
COMMENT ON COLUMN staging.orders.is_recorded IS 'Whether an earlier load brought the order; order_id is then its own, else a new one.';
COMMENT ON COLUMN staging.orders.contradiction IS 'Why its lines cannot join the recorded order: field, reason code, what is recorded.';

CREATE UNLOGGED TABLE staging.short_stock (
    store_id bigint NOT NULL,
    product_id bigint NOT NULL,
    on_hand integer NOT NULL,
    PRIMARY KEY (store_id, product_id)
);
COMMENT ON TABLE staging.short_stock IS
'Grain: one row per store and product of which a live load sells more than there is, with what is left for the next order.';

CREATE UNLOGGED TABLE staging.day_rates (
    currency_code text NOT NULL,
    order_date date NOT NULL,
    exchange_rate numeric NOT NULL,
    rate_date date NOT NULL
);
COMMENT ON TABLE staging.day_rates IS 'Grain: one row per currency and day for which a rate serves, with that rate.';

CREATE UNLOGGED TABLE staging.list_prices (
    product_id bigint NOT NULL,
    unit_price numeric NOT NULL,
    unit_cost numeric NOT NULL
);
COMMENT ON TABLE staging.list_prices IS 'Grain: one row per product with its price and cost of now, in base currency.';

CREATE VIEW staging.country_names AS
SELECT
    crpm.fold(c.name) AS name,
    c.country_code
FROM crpm.countries AS c
UNION
SELECT
    lower(c.country_code) AS name,
    c.country_code
FROM crpm.countries AS c
UNION
SELECT
    a.name,
    c.country_code
FROM crpm.countries AS c
INNER JOIN (
    VALUES
    ('usa', 'US'), ('u.s.', 'US'), ('u.s.a.', 'US'), ('united states of america', 'US'), ('america', 'US'),
    ('uk', 'GB'), ('u.k.', 'GB'), ('great britain', 'GB'), ('britain', 'GB'),
    ('england', 'GB'), ('scotland', 'GB'), ('wales', 'GB'), ('northern ireland', 'GB'),
    ('holland', 'NL'), ('the netherlands', 'NL'), ('deutschland', 'DE'), ('espana', 'ES'), ('italia', 'IT'),
    ('osterreich', 'AT'), ('schweiz', 'CH'), ('suisse', 'CH'), ('sverige', 'SE'), ('norge', 'NO'), ('danmark', 'DK'),
    ('czech republic', 'CZ'), ('republic of ireland', 'IE'), ('russian federation', 'RU'), ('uae', 'AE'),
    ('republic of korea', 'KR'), ('korea', 'KR'), ('south korea', 'KR'), ('viet nam', 'VN'), ('turkiye', 'TR'), ('turkey', 'TR')
) AS a (name, country_code) ON c.country_code = a.country_code;
COMMENT ON VIEW staging.country_names IS
'Grain: one row per name that a file may call a country by, without case and accents: our name, the code, and common other names.';

CREATE VIEW staging.row_keys AS
SELECT
    k.load_file_id,
    k.source_line,
    k.outcome,
    k.source_key AS record_key
FROM staging.keyed_rows AS k
UNION ALL
SELECT
    s.load_file_id,
    s.source_line,
    s.outcome,
    s.order_number || ' line ' || s.line_number AS record_key
FROM staging.clean_sales AS s;
COMMENT ON VIEW staging.row_keys IS
'Grain: one row per row read, with the key of the record it is about; null where that cannot be read.';

CREATE UNLOGGED TABLE staging.going (
    kind text NOT NULL,
    record_id bigint NOT NULL,
    PRIMARY KEY (kind, record_id)
);
COMMENT ON TABLE staging.going IS
'Grain: one row per record that goes when a load is taken back: a customer, product, store, subcategory or category.';

CREATE VIEW staging.row_cells AS
SELECT
    c.load_file_id,
    c.source_line,
    to_jsonb(c.*) - ARRAY['load_file_id', 'source_line', 'raw_text', 'unreadable'] AS cells
FROM staging.customers AS c
UNION ALL
SELECT
    p.load_file_id,
    p.source_line,
    to_jsonb(p.*) - ARRAY['load_file_id', 'source_line', 'raw_text', 'unreadable'] AS cells
FROM staging.products AS p
UNION ALL
SELECT
    s.load_file_id,
    s.source_line,
    to_jsonb(s.*) - ARRAY['load_file_id', 'source_line', 'raw_text', 'unreadable'] AS cells
FROM staging.stores AS s
UNION ALL
SELECT
    r.load_file_id,
    r.source_line,
    to_jsonb(r.*) - ARRAY['load_file_id', 'source_line', 'raw_text', 'unreadable'] AS cells
FROM staging.rates AS r
UNION ALL
SELECT
    l.load_file_id,
    l.source_line,
    to_jsonb(l.*) - ARRAY['load_file_id', 'source_line', 'raw_text', 'unreadable'] AS cells
FROM staging.sales AS l
UNION ALL
SELECT
    k.load_file_id,
    k.source_line,
    to_jsonb(k.*) - ARRAY['load_file_id', 'source_line', 'raw_text', 'unreadable'] AS cells
FROM staging.stock AS k
UNION ALL
SELECT
    b.load_file_id,
    b.source_line,
    to_jsonb(b.*) - ARRAY['load_file_id', 'source_line', 'raw_text', 'unreadable'] AS cells
FROM staging.returns AS b;
COMMENT ON VIEW staging.row_cells IS 'Grain: one row per row read, with its cells by field as they stand in the file.';

CREATE FUNCTION staging.text_of(p_cell text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN lower(btrim(p_cell, E' \t\r\n\u00A0\u2007\u2009\u200B\u202F\uFEFF')) NOT IN ('', '-', 'n/a', 'null')
            THEN btrim(p_cell, E' \t\r\n\u00A0\u2007\u2009\u200B\u202F\uFEFF')
    END
$$;
COMMENT ON FUNCTION staging.text_of(text) IS
'A cell''s text without blanks around it; null where it says that there is none. NA is a text: the state code of Napoli.';

CREATE FUNCTION staging.value_of(p_cell text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN upper(staging.text_of(p_cell)) NOT IN ('NA', '#N/A', '<NA>', 'NAN', 'NAT', 'NONE', '--') THEN staging.text_of(p_cell) END
$$;
COMMENT ON FUNCTION staging.value_of(text) IS
'The text of a cell for a number or a date, which says in more words than other cells that there is none.';

CREATE FUNCTION staging.figures_of(p_cell text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    v_text text := staging.value_of(p_cell);
    v_part text[];
    v_front text;
    v_figures text;
    v_sign text;
BEGIN
    -- Nearly all cells are as simple as this; what follows takes several times longer.
    IF v_text ~ '^[$€£]?[0-9.,]*[0-9]$' THEN
        RETURN ltrim(v_text, '$€£');
    END IF;
    v_text := translate(v_text, E'\u2212\u2013\u00A0\u2007\u2009\u202F\u2019\u00B4', E'--    ''''');
    -- As in "12,-": no cents, and a decimal comma.
    v_text := regexp_replace(v_text, '([0-9][.,])-(?=$|[^0-9])', '\10');
    v_part := regexp_match(v_text, '^([^0-9]*)([0-9., '']*[0-9])([^0-9]*)$');
    v_front := translate(v_part[1], '-+( ', '');
    v_figures := v_part[2];
    -- As in "$.50", but not in "Fr.50".
    IF v_part[1] ~ '(^|[^[:alpha:] ])[.,]$' THEN
        v_figures := right(v_part[1], 1) || v_figures;
        v_front := left(v_front, -1);
    END IF;
    -- Blanks or apostrophes between thousands go; what stands before and behind them decides nothing.
    IF
        v_figures ~ '^[1-9][0-9]{0,2}( [0-9]{3}){1,4}([.,][0-9]{1,10})?$'
        OR v_figures ~ '^[1-9][0-9]{0,2}(''[0-9]{3}){1,4}([.,][0-9]{1,10})?$'
    THEN
        v_figures := translate(v_figures, ' ''', '');
    END IF;
    v_sign := regexp_replace(v_part[1] || v_part[3], '[^-+()]', '', 'g');
    RETURN CASE
        WHEN
            v_figures !~ '^[0-9.,]*[0-9]$'
            OR v_part[1] !~ '^[-+( ]*[^-+( ]*[-+( ]*$' OR v_part[3] !~ '^[-) ]*[^-) ]*[-) ]*$'
            OR NOT staging.is_currency(v_front) OR NOT staging.is_currency(translate(v_part[3], '-) ', ''))
            THEN NULL
        WHEN v_sign IN ('', '+') THEN v_figures
        WHEN v_sign IN ('-', '()') THEN '-' || v_figures
    END;
END
$$;
COMMENT ON FUNCTION staging.figures_of(text) IS
'The figures of a number in a cell such as "$1,299.00 ", "(12.50)", "12,50-" or "1 299,00 €", its sign in front and with its points and commas; null where it is none.';

CREATE FUNCTION staging.is_currency(p_word text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    RETURN
        p_word = ''
        OR p_word ~ '^([A-Z]{0,3}[$€£¥₹₽₺₩₪₫₴₦₱฿]|kr[.]?|S?Fr[.]|Rs[.]?|zł|Kč|Ft)$'
        OR EXISTS (SELECT FROM crpm.currencies AS c WHERE upper(p_word) = c.currency_code);
END
$$;
COMMENT ON FUNCTION staging.is_currency(text) IS 'Whether a word beside a number is a sign or code of money, or nothing at all: "5 PCS" is no number.';

CREATE FUNCTION staging.number_of(p_figures text, p_decimal text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE p_decimal
        WHEN 'point' THEN CASE
            -- Commas stand as in 1,234,567 or, in India, as in 12,34,567.
            WHEN
                p_figures
                ~ '^-?([0-9]{1,15}|[1-9][0-9]{0,2}(,[0-9]{3}){1,4}|[1-9][0-9]?(,[0-9]{2}){1,5},[0-9]{3})?([.][0-9]{1,10})?$'
                THEN replace(p_figures, ',', '')::numeric
        END
        WHEN 'comma' THEN CASE
            WHEN p_figures ~ '^-?([0-9]{1,15}|[1-9][0-9]{0,2}([.][0-9]{3}){1,4})?(,[0-9]{1,10})?$'
                THEN translate(p_figures, ',.', '.')::numeric
        END
    END
$$;
COMMENT ON FUNCTION staging.number_of(text, text) IS
'What figures mean whose decimals stand behind a point or a comma, or null where they are no number so. The other of the two may stand between thousands only.';

CREATE FUNCTION staging.price_of(p_amount numeric, p_pieces integer) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT trim_scale(round(p_amount::numeric(60, 30) / nullif(p_pieces, 0), 11 + length(abs(p_pieces)::text)))
$$;
COMMENT ON FUNCTION staging.price_of(numeric, integer) IS
'The price of a piece, in as many places as it takes for its product with the pieces to be the amount, to ten places.';

CREATE FUNCTION staging.day_of(p_year integer, p_month integer, p_day integer) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN p_year BETWEEN 1900 AND 2199 AND p_month BETWEEN 1 AND 12
            THEN CASE
                WHEN p_day BETWEEN 1 AND make_date(p_year + p_month / 12, p_month % 12 + 1, 1) - make_date(p_year, p_month, 1)
                    THEN make_date(p_year, p_month, p_day)
            END
    END
$$;
COMMENT ON FUNCTION staging.day_of(integer, integer, integer) IS
'The day of a year, month and day, or null where the calendar has none such between 1900 and 2199.';

CREATE FUNCTION staging.day_in_century(p_year integer, p_month integer, p_day integer, p_earliest date, p_latest date) RETURNS date
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    v_century integer;
    v_day date;
BEGIN
    FOREACH v_century IN ARRAY ARRAY[2100, 2000, 1900] LOOP
        v_day := staging.day_of(v_century + p_year, p_month, p_day);
        IF v_day BETWEEN p_earliest AND p_latest THEN
            RETURN v_day;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION staging.day_in_century(integer, integer, integer, date, date) IS
'The last day of a month, day and year in two digits that may be meant, or null where none may.';

CREATE FUNCTION staging.month_of(p_name text) RETURNS integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    v_name text := ' ' || crpm.fold(p_name) || ' ';
    v_names text[] := ARRAY[
        ' jan january januar janv janvier ene enero gen gennaio janeiro januari ',
        ' feb february februar fev fevr fevrier febrero febbraio fevereiro februari ',
        ' mar march marz mrz mars marzo marco mrt maart ',
        ' apr april avr avril abr abril aprile ',
        ' may mai mayo mag maggio maio mei maj ',
        ' jun june juni juin junio giu giugno junho ',
        ' jul july juli juil juillet julio lug luglio julho ',
        ' aug august aout ago agosto augustus augusti ',
        ' sep sept september septembre septiembre set settembre setembro ',
        ' oct october okt oktober octobre octubre ott ottobre out outubro ',
        ' nov november novembre noviembre novembro ',
        ' dec december dez dezember decembre dic diciembre dicembre dezembro '
    ];
BEGIN
    FOR v_month IN 1..12 LOOP
        IF position(v_name IN v_names[v_month]) > 0 THEN
            RETURN v_month;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION staging.month_of(text) IS
'The month of a name, whole or short, in English, German, French, Spanish, Italian, Portuguese, Dutch or Swedish; null where it is none.';

CREATE FUNCTION staging.named_date_of(p_text text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    -- Day, month and year; month, day and year; year, month and day.
    v_dmy text[] := regexp_match(
        p_text,
        '^([0-9]{1,2})(?:st|nd|rd|th|er|º|[.])?[-/ ]*(?:of |de |d'')?([^-0-9 ./,'']+)[.]?[-/, ]*(?:de )?''?([0-9]{4}|[0-9]{2})$', 'i'
    );
    v_mdy text[] := regexp_match(p_text, '^([^-0-9 ./,'']+)[.]?[-/ ]*([0-9]{1,2})(?:st|nd|rd|th)?(?:[-/ ]|, ?)''?([0-9]{4}|[0-9]{2})$', 'i');
    v_ymd text[] := regexp_match(p_text, '^([0-9]{4})[-/. ]*([^-0-9 ./,'']+)[.]?[-/ ]*([0-9]{1,2})$');
    v_month integer := staging.month_of(coalesce(v_dmy[2], v_mdy[1], v_ymd[2]));
BEGIN
    IF v_month IS NOT NULL THEN
        RETURN ARRAY[coalesce(v_dmy[3], v_mdy[3], v_ymd[1]), v_month::text, coalesce(v_dmy[1], v_mdy[2], v_ymd[3])];
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION staging.named_date_of(text) IS
'Year, month and day of a text with the name of the month, such as 1-Jan-2016 or January 1st, 2016; null where it is none.';

CREATE FUNCTION staging.days_of(
    p_cell text, p_earliest date, p_latest date,
    OUT sure_date date, OUT year_first date, OUT month_first date, OUT day_first date, OUT problem text
)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    v_text text := staging.value_of(p_cell);
    v_part text[] := regexp_match(v_text, '^([0-9]{1,4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,4})$');
    v_figures integer[];
    v_named text[];
    -- Whether the century or, in a count of days, everything depends on what may be meant.
    v_is_short boolean := FALSE;
BEGIN
    IF v_text IS NULL THEN
        RETURN;
    END IF;
    IF v_part IS NULL THEN
        -- A time behind the date goes, and a day of the week before it.
        v_text := translate(v_text, E'\u00A0\u2009\u202F\u2019', E'   ''');
        v_text := regexp_replace(
            v_text,
            '(,? +|T)([01]?[0-9]|2[0-3])(:[0-5][0-9]){1,2}([.,][0-9]{1,9})?( ?[ap][.]?m[.]?)?( ?(Z|UTC|GMT)?([-+][0-9]{2}:?([0-9]{2})?)?)$',
            '', 'i'
        );
        v_text := regexp_replace(v_text, '^(mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(day)?[.]?,? +(?=[^ ])', '', 'i');
        v_part := regexp_match(v_text, '^([0-9]{1,4}) ?[-/.] ?([0-9]{1,2}) ?[-/.] ?([0-9]{1,4})$');
        v_named := staging.named_date_of(v_text);
    END IF;
    v_figures := coalesce(v_part, v_named)::integer[];
    IF v_figures = ARRAY[0, 0, 0] THEN
        RETURN;
    ELSIF length(v_part[1]) = 4 AND length(v_part[3]) < 3 OR length(v_named[1]) = 4 THEN
        sure_date := staging.day_of(v_figures[1], v_figures[2], v_figures[3]);
    ELSIF length(v_part[1]) < 3 AND length(v_part[3]) = 4 THEN
        month_first := staging.day_of(v_figures[3], v_figures[1], v_figures[2]);
        day_first := staging.day_of(v_figures[3], v_figures[2], v_figures[1]);
    ELSIF v_named IS NOT NULL THEN
        v_is_short := TRUE;
        sure_date := staging.day_in_century(v_figures[1], v_figures[2], v_figures[3], p_earliest, p_latest);
    ELSIF length(v_part[1]) < 3 AND length(v_part[3]) < 3 AND 2 IN (length(v_part[1]), length(v_part[3])) THEN
        v_is_short := TRUE;
        IF length(v_part[3]) = 2 THEN
            month_first := staging.day_in_century(v_figures[3], v_figures[1], v_figures[2], p_earliest, p_latest);
            day_first := staging.day_in_century(v_figures[3], v_figures[2], v_figures[1], p_earliest, p_latest);
        END IF;
        IF length(v_part[1]) = 2 THEN
            year_first := staging.day_in_century(v_figures[1], v_figures[2], v_figures[3], p_earliest, p_latest);
        END IF;
    ELSIF v_text ~ '^[0-9]{8}$' THEN
        sure_date := staging.day_of(left(v_text, 4)::integer, substr(v_text, 5, 2)::integer, right(v_text, 2)::integer);
    ELSIF v_text ~ '^[0-9]{4,6}([.,][0-9]{1,15})?$' AND substring(v_text FROM '^[0-9]+')::integer NOT BETWEEN 1900 AND 2199 THEN
        -- A spreadsheet counts the days, and the time as their fraction.
        v_is_short := TRUE;
        sure_date := DATE '1899-12-30' + substring(v_text FROM '^[0-9]+')::integer;
        sure_date := CASE WHEN sure_date BETWEEN p_earliest AND p_latest THEN sure_date END;
    ELSE
        problem := 'unreadable_date';
        RETURN;
    END IF;
    IF num_nonnulls(sure_date, year_first, month_first, day_first) = 0 THEN
        problem := CASE
            WHEN
                v_is_short AND (p_earliest, p_latest) <> ('1900-03-01', '2199-12-31')
                AND (staging.days_of(p_cell, '1900-03-01', '2199-12-31')).problem IS NULL
                THEN 'unlikely_date'
            ELSE 'impossible_date'
        END;
    END IF;
END
$$;
COMMENT ON FUNCTION staging.days_of(text, date, date) IS
'The days that a cell such as 2016-01-31, 1/31/2016 12:00 AM, 31.1.16, 42400, 31-Jan-2016 or 20160131 may mean: for sure, or in each order.
A year in two digits, and a spreadsheet''s count of days, lies between the days given. No day and no problem: it is missing.';

CREATE FUNCTION staging.reject_oversold() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_order record;
    v_lacking text;
    v_order_numbers text[] := '{}';
    v_lackings text[] := '{}';
BEGIN
    -- Product before store, the one order in which everything that moves stock takes its locks.
    PERFORM
    FROM crpm.stock_levels AS l
    WHERE EXISTS (
        SELECT 1
        FROM staging.clean_sales AS c
        WHERE c.outcome IS NULL AND c.store_id = l.store_id AND c.product_id = l.product_id
    )
    ORDER BY l.product_id, l.store_id
    FOR UPDATE;

    INSERT INTO staging.short_stock (store_id, product_id, on_hand)
    SELECT c.store_id, c.product_id, coalesce(l.on_hand, 0)
    FROM staging.clean_sales AS c
    LEFT JOIN crpm.stock_levels AS l ON c.store_id = l.store_id AND c.product_id = l.product_id
    WHERE c.outcome IS NULL
    GROUP BY c.store_id, c.product_id, l.on_hand
    HAVING sum(c.quantity) > coalesce(l.on_hand, 0);

    FOR v_order IN
        SELECT a.order_number, array_agg(a.store_id) AS stores, array_agg(a.product_id) AS products, array_agg(a.asked) AS asked
        FROM (
            SELECT c.order_date, c.order_number, c.store_id, c.product_id, sum(c.quantity) AS asked
            FROM staging.clean_sales AS c
            INNER JOIN staging.short_stock AS s ON c.store_id = s.store_id AND c.product_id = s.product_id
            WHERE c.outcome IS NULL
            GROUP BY c.order_date, c.order_number, c.store_id, c.product_id
            ORDER BY c.product_id
        ) AS a
        GROUP BY a.order_date, a.order_number
        ORDER BY a.order_date, a.order_number
    LOOP
        SELECT format('%s (%s): %s on hand, %s asked', p.name, p.sku, s.on_hand, a.asked)
        INTO v_lacking
        FROM unnest(v_order.stores, v_order.products, v_order.asked) WITH ORDINALITY AS a (store_id, product_id, asked, place)
        INNER JOIN staging.short_stock AS s ON a.store_id = s.store_id AND a.product_id = s.product_id
        INNER JOIN crpm.products AS p ON a.product_id = p.product_id
        WHERE a.asked > s.on_hand
        ORDER BY a.place
        LIMIT 1;
        IF FOUND THEN
            v_order_numbers := v_order_numbers || v_order.order_number;
            v_lackings := v_lackings || v_lacking;
        ELSE
            UPDATE staging.short_stock AS s
            SET on_hand = s.on_hand - a.asked
            FROM unnest(v_order.stores, v_order.products, v_order.asked) AS a (store_id, product_id, asked)
            WHERE s.store_id = a.store_id AND s.product_id = a.product_id;
        END IF;
    END LOOP;

    UPDATE staging.clean_sales AS c
    SET outcome = 'rejected', problem = ARRAY['quantity', 'not_enough_stock', r.lacking]
    FROM unnest(v_order_numbers, v_lackings) AS r (order_number, lacking)
    WHERE c.order_number = r.order_number AND c.outcome IS NULL;
END
$$;
COMMENT ON FUNCTION staging.reject_oversold() IS
'Lets the orders of a live load take stock one after the other, by day and number, and rejects those that ask for more than is left, whole.';

CREATE FUNCTION staging.settle_returns() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_row record;
    v_key bigint[];
    v_line record;
    v_share numeric;
    v_due numeric;
    v_base_due numeric;
    v_most numeric;
    v_base_amount numeric;
BEGIN
    FOR v_row IN
        SELECT c.ctid AS place, c.store_id, c.order_id, c.line_number, c.quantity, c.refund_amount
        FROM staging.clean_returns AS c
        WHERE c.outcome IS NULL
        ORDER BY c.store_id, c.order_id, c.line_number, c.returned_on, c.load_file_id, c.source_line
    LOOP
        IF v_key IS DISTINCT FROM ARRAY[v_row.store_id, v_row.order_id, v_row.line_number] THEN
            v_key := ARRAY[v_row.store_id, v_row.order_id, v_row.line_number];
            SELECT
                l.quantity, l.line_amount, l.base_amount, o.exchange_rate,
                l.returned_quantity AS returned, u.minor_units, b.minor_units AS base_minor_units,
                coalesce(max(r.return_number), 0) AS return_number,
                coalesce(sum(r.line_amount), 0) AS refunded,
                coalesce(sum(r.line_amount + r.withheld_amount), 0) AS settled,
                coalesce(sum(r.base_amount + r.base_withheld_amount), 0) AS base_settled
            INTO v_line
            FROM crpm.order_lines AS l
            INNER JOIN crpm.orders AS o ON l.store_id = o.store_id AND l.order_id = o.order_id
            INNER JOIN crpm.currencies AS u ON o.currency_code = u.currency_code
            CROSS JOIN crpm.settings AS s
            INNER JOIN crpm.currencies AS b ON s.base_currency_code = b.currency_code
            LEFT JOIN crpm.returns AS r
                ON l.store_id = r.store_id AND l.order_id = r.order_id AND l.line_number = r.line_number
            WHERE (l.store_id, l.order_id, l.line_number) = (v_row.store_id, v_row.order_id, v_row.line_number)
            GROUP BY l.store_id, l.order_id, l.line_number, o.exchange_rate, u.minor_units, b.minor_units;
        END IF;
        IF v_row.quantity > v_line.quantity - v_line.returned THEN
            UPDATE staging.clean_returns AS c
            SET
                outcome = 'rejected',
                problem = ARRAY[
                    'quantity', 'more_than_bought', format('%s of the %s bought', v_line.quantity - v_line.returned, v_line.quantity)
                ]
            WHERE c.ctid = v_row.place;
            CONTINUE;
        END IF;
        -- As crpm.record_return does: the share of all pieces that came back, less what was settled before, to the cent.
        v_share := (v_line.returned + v_row.quantity)::numeric / v_line.quantity;
        v_due := round(v_line.line_amount * v_share, v_line.minor_units) - v_line.settled;
        v_base_due := round(v_line.base_amount * v_share, v_line.base_minor_units) - v_line.base_settled;
        -- Other systems round each piece, so that a part may be the smallest unit more than its share; the whole may not.
        v_most := least(
            v_line.line_amount, v_due + v_line.settled + (10.0 ^ -v_line.minor_units)::numeric(20, 6)
        ) - v_line.refunded;
        IF v_row.refund_amount > v_most THEN
            UPDATE staging.clean_returns AS c
            SET outcome = 'rejected', problem = ARRAY['refund_amount', 'more_than_paid', round(v_most, v_line.minor_units)::text]
            WHERE c.ctid = v_row.place;
            CONTINUE;
        END IF;
        v_base_amount := CASE
            WHEN v_row.refund_amount <> v_due THEN round(v_row.refund_amount / v_line.exchange_rate, v_line.base_minor_units)
            ELSE v_base_due
        END;
        v_line.return_number := v_line.return_number + 1;
        v_line.returned := v_line.returned + v_row.quantity;
        v_line.settled := v_line.settled + v_due;
        v_line.base_settled := v_line.base_settled + v_base_due;
        v_line.refunded := v_line.refunded + coalesce(v_row.refund_amount, v_due);
        UPDATE staging.clean_returns AS c
        SET
            return_number = v_line.return_number,
            line_amount = coalesce(v_row.refund_amount, v_due),
            base_amount = v_base_amount,
            withheld_amount = v_due - coalesce(v_row.refund_amount, v_due),
            base_withheld_amount = v_base_due - v_base_amount
        WHERE c.ctid = v_row.place;
    END LOOP;
END
$$;
COMMENT ON FUNCTION staging.settle_returns() IS
'Takes the returns of a load one after the other, by line and day: what is more than was bought or paid is rejected, the others get their refund.';

CREATE UNLOGGED TABLE staging.keys_taken_off (
    place integer PRIMARY KEY,
    statement text NOT NULL
);
COMMENT ON TABLE staging.keys_taken_off IS
'Grain: one row per key, index and comment that a first load has taken off orders and their lines, with the statement that puts it back.';

CREATE FUNCTION staging.take_keys_off() RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tables oid[] := ARRAY['crpm.orders', 'crpm.order_lines']::regclass[];
    v_statement text;
BEGIN
    -- Looked at without a lock first: where there are orders, nobody is to wait.
    IF EXISTS (SELECT 1 FROM crpm.orders) OR EXISTS (SELECT 1 FROM crpm.order_lines) THEN
        RETURN FALSE;
    END IF;

    -- Every lock that taking off and putting back need is taken here, and none is waited for: so nobody is waited for in
    -- a circle. What the block has done is undone, its locks included, where it ends by an exception.
    FOR v_statement IN
        SELECT format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE NOWAIT', string_agg(DISTINCT t.table_id::regclass::text, ', '))
        FROM pg_constraint AS k
        CROSS JOIN LATERAL (VALUES (k.conrelid), (k.confrelid)) AS t (table_id)
        WHERE t.table_id <> 0 AND (k.conrelid = ANY (v_tables) OR k.confrelid = ANY (v_tables))
    LOOP
        EXECUTE v_statement;
    END LOOP;
    IF EXISTS (SELECT 1 FROM crpm.orders) OR EXISTS (SELECT 1 FROM crpm.order_lines) THEN
        RAISE EXCEPTION 'An order was recorded meanwhile.' USING ERRCODE = 'object_in_use';
    END IF;

    -- Foreign keys go first and come last: those of other tables hang on the keys of these.
    FOR v_statement IN
        WITH keys AS (
            SELECT
                k.oid AS key_id,
                CASE WHEN k.contype = 'f' THEN 3 ELSE 1 END AS rank,
                format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname) AS taking_off,
                format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
                AS putting_back,
                format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, k.conrelid::regclass, obj_description(k.oid, 'pg_constraint'))
                AS describing
            FROM pg_constraint AS k
            WHERE
                k.contype = 'f' AND (k.conrelid = ANY (v_tables) OR k.confrelid = ANY (v_tables))
                OR k.contype IN ('p', 'u', 'x') AND k.conrelid = ANY (v_tables)
            UNION ALL
            SELECT
                i.indexrelid AS key_id,
                2 AS rank,
                format('DROP INDEX %s', i.indexrelid::regclass) AS taking_off,
                pg_get_indexdef(i.indexrelid) AS putting_back,
                format('COMMENT ON INDEX %s IS %L', i.indexrelid::regclass, obj_description(i.indexrelid, 'pg_class')) AS describing
            FROM pg_index AS i
            WHERE i.indrelid = ANY (v_tables) AND NOT EXISTS (SELECT 1 FROM pg_constraint AS k WHERE k.conindid = i.indexrelid)
        ),

        kept AS (
            INSERT INTO staging.keys_taken_off (place, statement)
            SELECT row_number() OVER (ORDER BY k.rank, k.key_id, s.step), s.statement
            FROM keys AS k
            CROSS JOIN LATERAL (VALUES (1, k.putting_back), (2, k.describing)) AS s (step, statement)
        )

        SELECT k.taking_off
        FROM keys AS k
        ORDER BY k.rank DESC, k.key_id
    LOOP
        EXECUTE v_statement;
    END LOOP;
    RETURN TRUE;
EXCEPTION
    -- Somebody uses one of the tables, or something that an administrator has made hangs on a key: rows go in under the keys.
    WHEN lock_not_available OR object_in_use OR dependent_objects_still_exist THEN
        RETURN FALSE;
END
$$;
COMMENT ON FUNCTION staging.take_keys_off() IS
'Takes keys, indexes and foreign keys off orders and their lines for a first load, if there are none yet and nobody uses them; tells whether it did.';

CREATE FUNCTION staging.put_keys_back() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET maintenance_work_mem = '256MB'
AS $$
DECLARE
    v_statement text;
BEGIN
    FOR v_statement IN
        SELECT k.statement
        FROM staging.keys_taken_off AS k
        ORDER BY k.place
    LOOP
        EXECUTE v_statement;
    END LOOP;
    DELETE FROM staging.keys_taken_off;
END
$$;
COMMENT ON FUNCTION staging.put_keys_back() IS
'Puts back what staging.take_keys_off has taken off: builds the indexes over all rows at once, and checks each foreign key by one join.';

-- ---------------------------------------------------------------- rights
-- viewer < clerk < manager < admin, each holding what the one before holds; an analyst holds what the SQL console's login holds. Nobody but the owner holds INSERT, UPDATE,
-- DELETE or TRUNCATE on orders, lines, payments, returns, movements, levels, count sheets, daily closes, the audit log or bulk reads:
-- functions write those.

GRANT USAGE ON SCHEMA crpm, analytics TO crpm_viewer;
GRANT SELECT ON
crpm.currencies, crpm.countries, crpm.settings, crpm.tax_classes, crpm.tax_rates, crpm.exchange_rates, crpm.stores,
crpm.customers, crpm.customer_merges, crpm.categories, crpm.subcategories, crpm.products, crpm.product_barcodes, crpm.product_prices,
crpm.orders,
crpm.payments, crpm.returns, crpm.stock_levels, crpm.stock_movements, crpm.count_sheets, crpm.count_sheet_lines,
crpm.daily_closes, crpm.daily_close_lines, crpm.daily_close_totals, crpm.loads, crpm.load_files, crpm.load_undos
TO crpm_viewer;
GRANT SELECT (load_file_id, line_number, field) ON crpm.load_conflicts TO crpm_viewer;
GRANT SELECT ON crpm.schema_versions TO crpm_viewer;
GRANT SELECT (
    store_id, order_id, line_number, product_id, quantity, unit_price, price_override_reason, discount_amount, tax_rate,
    tax_amount, line_amount, base_unit_price, base_amount, moves_stock, returned_quantity, load_file_id, source_line
) ON crpm.order_lines TO crpm_viewer;
GRANT SELECT ON
analytics.sales, analytics.headline, analytics.daily_sales, analytics.product_sales, analytics.customer_sales, analytics.stock,
analytics.detailed_sales, analytics.reorder, analytics.daily_closes
TO crpm_viewer;
GRANT SELECT ON crpm.customer_segments, crpm.rollups TO crpm_viewer, crpm_analyst, crpm_console;
GRANT SELECT ON crpm.changed_days, crpm.folded_months, crpm.sales_by_day, analytics.folded_months TO crpm_viewer, crpm_analyst, crpm_console;
GRANT SELECT (sold_on, kind, store_id, recorded_customer_id, orders, lines, units, revenue) ON crpm.sales_by_customer TO crpm_viewer;
GRANT SELECT (
    month, kind, product_id, currency_code, country_code, orders_of_category, orders_of_subcategory, orders_of_brand, orders_of_brand_in_category,
    units, revenue, charged_amount
) ON crpm.sales_by_month TO crpm_viewer;
GRANT EXECUTE ON FUNCTION
analytics.days_not_folded(date, date), analytics.sales_of_days(date, date, bigint, text, bigint, text, date, date),
analytics.sales_of_products(date, date, bigint, text, bigint, text, date, date), analytics.sales_of_customers(date, date, bigint, text, bigint, text, date, date)
TO crpm_viewer, crpm_analyst, crpm_console;
GRANT EXECUTE ON FUNCTION analytics.segment_of(bigint, bigint), crpm.is_nearly(text, text) TO crpm_viewer, crpm_analyst, crpm_console;
GRANT EXECUTE ON FUNCTION crpm.refresh_segments(interval) TO crpm_viewer;
GRANT EXECUTE ON FUNCTION
crpm.fold(text), crpm.phone_digits(text), crpm.records_of_customer(bigint), crpm.acting_user(), crpm.acting_channel(), crpm.acting_store(), crpm.acts_as(text), crpm.rate_on(text, date),
crpm.price_of(bigint, text, numeric), crpm.list_price(bigint, text, text, numeric, smallint), crpm.level_at(bigint, bigint, timestamptz), crpm.takings_on(bigint, date),
crpm.day_totals(bigint, date), analytics.stock_on(date), analytics.age_band(date, date), analytics.customer_scores(date, date, bigint, text, bigint),
analytics.segment_members(text, date, date, bigint, text, bigint)
TO crpm_viewer;

GRANT INSERT (
    name, email, phone, gender, birth_date, street, city, state_code, state, postal_code, country_code, has_marketing_consent,
    consent_changed_on, consent_source, notes, is_active
),
UPDATE (
    name, email, phone, gender, birth_date, street, city, state_code, state, postal_code, country_code, has_marketing_consent,
    consent_changed_on, consent_source, notes, is_active
) ON crpm.customers TO crpm_clerk;
GRANT SELECT ON crpm.parked_purchases TO crpm_clerk;
GRANT EXECUTE ON FUNCTION crpm.quote_purchase, crpm.record_purchase, crpm.record_return, crpm.cancel_order, crpm.mark_delivered TO crpm_clerk;
GRANT EXECUTE ON FUNCTION crpm.park_purchase, crpm.take_up_purchase, crpm.discard_parked_purchase TO crpm_clerk;
GRANT EXECUTE ON FUNCTION crpm.close_day TO crpm_clerk;
GRANT EXECUTE ON FUNCTION crpm.who_changed_customer TO crpm_clerk;
GRANT EXECUTE ON FUNCTION crpm.note_bulk_read TO crpm_viewer, crpm_analyst;

GRANT SELECT ON
crpm.order_lines, crpm.product_costs, crpm.rejects, crpm.load_conflicts, crpm.load_changes, crpm.undone_movements, crpm.audit_log, crpm.bulk_reads, crpm.activity,
analytics.profits, analytics.headline_profit,
analytics.detailed_profits
TO crpm_manager;
GRANT SELECT ON crpm.sales_by_customer, crpm.sales_by_month TO crpm_manager, crpm_analyst, crpm_console;
GRANT EXECUTE ON FUNCTION analytics.profits_of_products(date, date, bigint, text, bigint, text, date, date), analytics.profits_of_customers(date, date, bigint, text, bigint, text, date, date)
TO crpm_manager, crpm_analyst, crpm_console;
GRANT EXECUTE ON FUNCTION crpm.fold_sales() TO crpm_admin;
GRANT SELECT ON crpm.bulk_changes, crpm.bulk_change_lines TO crpm_manager;
GRANT EXECUTE ON FUNCTION crpm.change_products, crpm.take_back_bulk_change, crpm.planned_changes, crpm.product_value, crpm.rounded_price TO crpm_manager;
GRANT DELETE ON crpm.customers TO crpm_manager;
GRANT EXECUTE ON FUNCTION crpm.merge_customers, crpm.take_back_merge, crpm.anonymise_customer, crpm.tells_of TO crpm_manager;
GRANT INSERT, UPDATE, DELETE ON
crpm.categories, crpm.subcategories, crpm.products, crpm.product_barcodes, crpm.exchange_rates, crpm.tax_classes, crpm.tax_rates
TO crpm_manager;
GRANT INSERT, UPDATE ON crpm.stores TO crpm_manager;
GRANT INSERT ON crpm.product_prices, crpm.product_costs, crpm.loads, crpm.load_undos TO crpm_manager;
GRANT EXECUTE ON FUNCTION crpm.open_stock, crpm.receive_stock, crpm.adjust_stock, crpm.transfer_stock TO crpm_manager;
GRANT EXECUTE ON FUNCTION crpm.make_count_sheet, crpm.record_count, analytics.stock_value_on TO crpm_manager;

GRANT INSERT, UPDATE ON crpm.settings, crpm.currencies, crpm.countries TO crpm_admin;
GRANT EXECUTE ON FUNCTION crpm.remove_demo_data, crpm.prune_records, crpm.last_sign_ins TO crpm_admin;
GRANT SELECT (user_id, user_name, role_name, store_id, has_password, is_active, row_version, created_at, updated_at),
INSERT, UPDATE ON crpm.users TO crpm_admin;

-- Whoever works for one store alone sees that store's rows alone, whatever reads them: the views run as whoever asks. For
-- the other roles the second policy makes the first one vanish from the plan. What is written goes through the functions.
DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY[
        'stores', 'orders', 'order_lines', 'payments', 'returns', 'stock_levels', 'stock_movements', 'parked_purchases', 'count_sheets',
        'daily_closes', 'daily_close_lines', 'daily_close_totals', 'sales_by_day', 'sales_by_customer'
    ] LOOP
        EXECUTE format('ALTER TABLE crpm.%I ENABLE ROW LEVEL SECURITY', v_table);
        EXECUTE format(
            'CREATE POLICY %I ON crpm.%I TO crpm_viewer USING ((SELECT crpm.acting_store()) IS NULL OR store_id = (SELECT crpm.acting_store()))',
            v_table || '_of_ones_own_store', v_table
        );
        EXECUTE format('CREATE POLICY %I ON crpm.%I TO crpm_every_store, crpm_console USING (TRUE)', v_table || '_of_every_store', v_table);
    END LOOP;
    ALTER TABLE crpm.count_sheet_lines ENABLE ROW LEVEL SECURITY;
    CREATE POLICY count_sheet_lines_of_ones_own_store ON crpm.count_sheet_lines TO crpm_viewer
    USING (EXISTS (SELECT 1 FROM crpm.count_sheets AS s WHERE s.count_sheet_id = count_sheet_lines.count_sheet_id));
    CREATE POLICY count_sheet_lines_of_every_store ON crpm.count_sheet_lines TO crpm_every_store, crpm_console USING (TRUE);
    -- They tell how much is bought elsewhere.
    ALTER TABLE crpm.customer_segments ENABLE ROW LEVEL SECURITY;
    CREATE POLICY customer_segments_of_no_store ON crpm.customer_segments TO crpm_viewer USING ((SELECT crpm.acting_store()) IS NULL);
    CREATE POLICY customer_segments_of_every_store ON crpm.customer_segments TO crpm_every_store, crpm_console USING (TRUE);
    ALTER TABLE crpm.sales_by_month ENABLE ROW LEVEL SECURITY;
    CREATE POLICY sales_by_month_of_no_store ON crpm.sales_by_month TO crpm_viewer USING ((SELECT crpm.acting_store()) IS NULL);
    CREATE POLICY sales_by_month_of_every_store ON crpm.sales_by_month TO crpm_every_store, crpm_console USING (TRUE);
END
$$;

-- Who signs in has no role yet: these are for the app's login itself.
GRANT USAGE ON SCHEMA crpm TO crpm_app;
GRANT EXECUTE ON FUNCTION
crpm.begin_sign_in, crpm.open_session, crpm.session_actor, crpm.renew_session, crpm.close_session, crpm.set_password, crpm.has_users,
crpm.add_first_admin
TO crpm_app;

INSERT INTO crpm.tax_classes (name) VALUES ('Standard');

-- ---------------------------------------------------------------- the SQL console
-- What its login may read: business facts, costs too. Not what names or describes a person (customers' names, contacts,
-- birthdays, addresses and notes, who recorded what), not users and sessions, not what files brought, not staging.

GRANT USAGE ON SCHEMA crpm, analytics TO crpm_console, crpm_analyst;
GRANT SELECT ON
crpm.currencies, crpm.countries, crpm.settings, crpm.tax_classes, crpm.tax_rates, crpm.exchange_rates, crpm.stores, crpm.categories,
crpm.subcategories, crpm.products, crpm.product_barcodes, crpm.order_lines, crpm.stock_levels, crpm.count_sheet_lines,
crpm.daily_close_lines, crpm.daily_close_totals,
analytics.sales, analytics.profits, analytics.headline, analytics.headline_profit, analytics.daily_sales, analytics.product_sales,
analytics.customer_sales, analytics.stock, analytics.reorder, analytics.detailed_sales, analytics.detailed_profits
TO crpm_console, crpm_analyst;
GRANT SELECT (
    customer_id, source_system, gender, state_code, state, country_code, has_marketing_consent, is_active, is_placeholder,
    merged_into_customer_id, anonymised_at, created_at
) ON crpm.customers TO crpm_console, crpm_analyst;
GRANT SELECT ON crpm.customers TO crpm_personal_data;
GRANT SELECT (product_id, currency_code, valid_from, unit_price) ON crpm.product_prices TO crpm_console, crpm_analyst;
GRANT SELECT (product_id, valid_from, unit_cost) ON crpm.product_costs TO crpm_console, crpm_analyst;
GRANT SELECT (
    store_id, order_id, order_number, source_system, load_file_id, source_line, customer_id, order_date, ordered_at, delivered_on,
    currency_code, exchange_rate, rate_date, status, net_amount, tax_amount, total_amount, base_amount, recorded_at, channel,
    cancelled_at, cancel_channel, cancel_reason
) ON crpm.orders TO crpm_console, crpm_analyst;
GRANT SELECT (store_id, order_id, payment_number, method, amount, recorded_at, channel) ON crpm.payments TO crpm_console, crpm_analyst;
GRANT SELECT (
    store_id, order_id, line_number, return_number, quantity, returned_on, received_store_id, is_restocked, reason, line_amount,
    tax_amount, base_amount, recorded_at, channel
) ON crpm.returns TO crpm_console, crpm_analyst;
GRANT SELECT (
    store_id, movement_id, product_id, movement_type, quantity, occurred_on, order_store_id, order_id, line_number, document, reason,
    recorded_at, channel
) ON crpm.stock_movements TO crpm_console, crpm_analyst;
GRANT SELECT (count_sheet_id, store_id, category_id, made_at, counted_at, typed_at, channel) ON crpm.count_sheets TO crpm_console, crpm_analyst;
GRANT SELECT (store_id, business_day, version, reason, closed_at, channel) ON crpm.daily_closes TO crpm_console, crpm_analyst;
GRANT SELECT (
    load_id, source_system, is_live, status, started_at, finished_at, channel, money_read, money_loaded, money_duplicate,
    money_rejected, unpriced_rows
) ON crpm.loads TO crpm_console, crpm_analyst;
GRANT SELECT (
    load_file_id, load_id, file_name, target, rows_read, rows_loaded, rows_updated, rows_duplicate, rows_rejected
) ON crpm.load_files TO crpm_console, crpm_analyst;
GRANT EXECUTE ON FUNCTION
crpm.fold(text), crpm.rate_on(text, date), crpm.level_at(bigint, bigint, timestamptz), crpm.acting_store(), analytics.stock_on(date),
analytics.stock_value_on(date), analytics.age_band(date, date), analytics.customer_scores(date, date, bigint, text, bigint),
analytics.segment_members(text, date, date, bigint, text, bigint)
TO crpm_console, crpm_analyst;
-- In the app an analyst reads the same, on the tabs that ask for no more.
GRANT EXECUTE ON FUNCTION
crpm.acting_user(), crpm.acting_channel(), crpm.acting_store(), crpm.acts_as(text), crpm.price_of(bigint, text, numeric),
crpm.list_price(bigint, text, text, numeric, smallint)
TO crpm_analyst;

CREATE VIEW crpm.harmful_functions WITH (security_invoker = TRUE) AS
SELECT
    p.oid AS function_oid,
    n.nspname AS schema_name,
    p.proname AS function_name
FROM pg_catalog.pg_proc AS p
INNER JOIN pg_catalog.pg_namespace AS n ON p.pronamespace = n.oid
WHERE
    n.nspname NOT IN ('crpm', 'analytics', 'staging', 'information_schema')
    AND p.proname ~ (
        '^(set_config|set_limit|pg_sleep(_for|_until)?|pg_(try_)?advisory_.*|pg_(cancel|terminate)_backend|pg_notify'
        -- These run a statement that they are given as text.
        || '|(query|cursor|table|schema|database)_to_xml.*|ts_stat|ts_rewrite'
        -- What others run, files, large objects, the log of changes, the network.
        || '|pg_stat_get_activity|pg_stat_get_backend_activity|pg_stat_statements.*|pg_(read|ls|stat)_.*(file|dir).*|pg_ls_.*'
        || '|lo_.*|loread|lowrite|pg_export_snapshot|pg_logical_.*|pg_replication_.*|pg_(create|drop|copy)_.*_slot|pg_file_.*'
        || '|dblink.*|postgres_fdw_.*|http|http_.*|aws_.*|pg_stat_reset.*)$'
    );
COMMENT ON VIEW crpm.harmful_functions IS
'Functions that even a login that only reads could do harm with: change its limits, wait, lock, end or watch other sessions, reach files
or the network. The console''s login may execute none of them.';
GRANT SELECT ON crpm.harmful_functions TO crpm_console, crpm_viewer, crpm_analyst;

CREATE FUNCTION crpm.fetch_rows(p_cursor refcursor, p_rows integer, p_characters integer) RETURNS SETOF text
LANGUAGE plpgsql
AS $$
DECLARE
    v_row record;
    v_text text;
    v_characters bigint := 0;
BEGIN
    FOR v_number IN 1 .. p_rows LOOP
        FETCH p_cursor INTO v_row;
        EXIT WHEN NOT FOUND;
        v_text := v_row::text;
        v_characters := v_characters + length(v_text);
        IF length(v_text) > p_characters THEN
            RAISE program_limit_exceeded USING
                MESSAGE = format('a row of %s characters is too long to show', to_char(length(v_text), 'FM999,999,999,999')),
                HINT = format('At most %s fit. Take a part of the long column: left(column, 1000).', to_char(p_characters, 'FM999,999,999,999'));
        END IF;
        RETURN NEXT v_text;
        EXIT WHEN v_characters > p_characters;
    END LOOP;
END
$$;
COMMENT ON FUNCTION crpm.fetch_rows(refcursor, integer, integer) IS
'The next rows of a cursor, each as PostgreSQL writes a record, and no more at once than so many characters: a row of a gigabyte never reaches whoever asks.';
GRANT EXECUTE ON FUNCTION crpm.fetch_rows TO crpm_console;

-- What people have typed is kept under their own role, each one's apart: the console's login knows nothing of it.
CREATE TABLE crpm.console_runs (
    run_id bigint GENERATED ALWAYS AS IDENTITY,
    user_name text NOT NULL DEFAULT crpm.acting_user(),
    statement text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    outcome text NOT NULL DEFAULT 'running',
    seconds numeric,
    row_count integer,
    CONSTRAINT console_runs_pkey PRIMARY KEY (run_id),
    CONSTRAINT console_runs_outcome_is_known CHECK (outcome IN ('running', 'answered', 'refused')),
    CONSTRAINT console_runs_statement_is_not_too_long CHECK (length(statement) <= 100000)
);
COMMENT ON TABLE crpm.console_runs IS 'What each person has lately run in the SQL console: the last 200 of each.';
COMMENT ON COLUMN crpm.console_runs.row_count IS 'Rows shown, at most 500; null without an answer.';
CREATE INDEX console_runs_user_idx ON crpm.console_runs (user_name, run_id);
COMMENT ON INDEX crpm.console_runs_user_idx IS 'Serves a person''s own history.';

CREATE TABLE crpm.saved_queries (
    user_name text DEFAULT crpm.acting_user(),
    name text,
    statement text NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT saved_queries_pkey PRIMARY KEY (user_name, name),
    CONSTRAINT saved_queries_name_is_not_blank CHECK (btrim(name) <> ''),
    CONSTRAINT saved_queries_name_is_not_too_long CHECK (length(name) <= 100),
    CONSTRAINT saved_queries_statement_is_not_too_long CHECK (length(statement) <= 100000)
);
COMMENT ON TABLE crpm.saved_queries IS 'Queries that each person has saved in the SQL console, by name.';

ALTER TABLE crpm.console_runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY console_runs_are_ones_own ON crpm.console_runs TO crpm_manager, crpm_analyst USING (user_name = (SELECT crpm.acting_user()));
ALTER TABLE crpm.saved_queries ENABLE ROW LEVEL SECURITY;
CREATE POLICY saved_queries_are_ones_own ON crpm.saved_queries TO crpm_manager, crpm_analyst USING (user_name = (SELECT crpm.acting_user()));
GRANT SELECT, DELETE, INSERT (statement), UPDATE (outcome, seconds, row_count) ON crpm.console_runs TO crpm_manager, crpm_analyst;
GRANT SELECT, DELETE, INSERT (name, statement), UPDATE (statement, saved_at) ON crpm.saved_queries TO crpm_manager, crpm_analyst;

CREATE FUNCTION crpm.tg_console_runs__note_read() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM crpm.note_bulk_read('console', jsonb_build_object('statement', NEW.statement), NEW.row_count);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION crpm.tg_console_runs__note_read() IS 'Notes what was read in the SQL console: a person''s own history forgets it.';
CREATE TRIGGER tg_console_runs__note_read AFTER UPDATE OF outcome ON crpm.console_runs
FOR EACH ROW WHEN (OLD.outcome = 'running' AND NEW.outcome = 'answered') EXECUTE FUNCTION crpm.tg_console_runs__note_read();

CREATE FUNCTION crpm.revoke_harmful_functions() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_function regprocedure;
BEGIN
    IF (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) THEN
        FOR v_function IN
            SELECT h.function_oid
            FROM crpm.harmful_functions AS h
            INNER JOIN pg_proc AS p ON h.function_oid = p.oid
            INNER JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a ON a.grantee = 0
            ORDER BY h.function_oid
        LOOP
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', v_function);
            EXECUTE format(
                'GRANT EXECUTE ON FUNCTION %s TO crpm_owner, crpm_app, crpm_viewer, crpm_analyst, pg_monitor, pg_read_all_data', v_function
            );
        END LOOP;
    END IF;
END
$$;
COMMENT ON FUNCTION crpm.revoke_harmful_functions() IS
'Takes crpm.harmful_functions from everybody but the roles of CRPM and of PostgreSQL''s own that read and watch, where a superuser asks.
Run when the database is built and restored; once more after an extension has been added.';

-- PostgreSQL lets everybody execute these. Where the login that builds may say otherwise, everybody but the console's login
-- keeps them, by name; where it may not, as on a server run by others, the app refuses their names (db/console.py).
RESET ROLE;
SELECT crpm.revoke_harmful_functions();
SET LOCAL ROLE crpm_owner;
