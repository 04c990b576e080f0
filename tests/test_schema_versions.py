import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from db.errors import (
    ChangedMigrationError,
    LockedOutError,
    MayNotBuildError,
    MigrationFailedError,
    MigrationFileError,
    OtherDemoSchemaError,
    OtherSchemaError,
    OwnDataError,
    SchemaAheadError,
    SchemaError,
    SchemaOutdatedError,
)
from db.install import ROLES, install, migrate
from db.proof import figures
from db.versions import BASE, Migration, Schema, read_schema, require_current
from tests import releases
from tests.conftest import APP_PASSWORD, OwnDatabase, database_of_its_own
from tests.trade import trade

TODAY = read_schema()
NEXT = TODAY.version + 1
ADDS = Migration(NEXT, "add_note", "ALTER TABLE crpm.stores ADD COLUMN note text;")
NOTES = Migration(NEXT + 1, "comment_note", "COMMENT ON COLUMN crpm.stores.note IS 'A note.';\nRESET ROLE;")


def later(*steps: Migration) -> Schema:
    """Today's schema with steps to come, as it would be once they have come."""
    text = TODAY.text + "".join(step.text + "\n" for step in steps)
    return replace(TODAY, text=text, migrations=(*TODAY.migrations, *steps))


def migrated(url: str, schema: Schema) -> list[str]:
    return [step.file for step in migrate(url, schema)]


@contextmanager
def refused(error: type[Exception], text: str) -> Iterator[None]:
    with pytest.raises(error, match=text) as raised:
        yield
    assert "\n" not in str(raised.value)
    assert "{" not in str(raised.value)


def built(url: str) -> str:
    """What building or migrating makes of a database: the schema, the rows that come with it, and the stamp."""
    tables = ("--table=crpm.currencies", "--table=crpm.countries")
    text = releases.dumped(url, "--schema-only") + releases.dumped(url, "--data-only", *tables)
    with psycopg.connect(url) as connection:
        stamp = connection.execute(
            "SELECT version, name, file_checksum FROM crpm.schema_versions ORDER BY version"
        ).fetchall()
    return text + str(stamp)


def headlines(url: str) -> dict[str, str]:
    with psycopg.connect(url) as connection:
        return figures(connection).headlines


def test_a_database_that_was_migrated_is_the_one_that_is_built(server: str, empty: OwnDatabase) -> None:
    schema = later(ADDS, NOTES)
    assert migrated(empty.owner_url, schema) == [ADDS.file, NOTES.file]
    assert migrated(empty.owner_url, schema) == []
    with database_of_its_own(server) as name:
        new = make_conninfo(server, dbname=name)
        assert install(new, schema)
        assert not install(new, schema)
        assert migrated(new, schema) == []
        assert built(new) == built(empty.owner_url)
    assert not install(empty.owner_url, schema)


def test_every_release_is_kept_and_led_to_what_is_built_with_every_figure_as_it_was(
    server: str, shop: OwnDatabase
) -> None:
    trade(shop)
    released = sorted(releases.FOLDER.glob("*.sql"))
    assert {int(path.stem) for path in released} >= set(range(BASE, TODAY.version))
    # Today's too, as if it were released now: it can be led on.
    steps = [(path.read_text(encoding="utf-8"), TODAY) for path in released]
    for text, schema in [*steps, (releases.whole(shop.owner_url), later(ADDS))]:
        with database_of_its_own(server) as one, database_of_its_own(server) as other:
            old, new = (make_conninfo(server, dbname=name) for name in (one, other))
            with psycopg.connect(old) as connection:
                connection.execute(text.encode())
            before = headlines(old)
            assert Decimal(before["headline.revenue"]) > 0
            migrated(old, schema)
            install(new, schema)
            assert built(old) == built(new)
            assert headlines(old) == before


def test_a_login_that_may_not_hand_out_the_roles_is_told_what_to_have_granted(
    server: str, empty_template: str
) -> None:
    """They are there, made by another login: since PostgreSQL 16 that one has to let others grant them."""
    name = f"builder_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as superuser, database_of_its_own(server) as database:
        builder, there = sql.Identifier(name), sql.Identifier(database)
        superuser.execute(
            sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}").format(builder, sql.Literal(APP_PASSWORD))
        )
        try:
            superuser.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(there, builder))
            url = make_conninfo(server, dbname=database, user=name, password=APP_PASSWORD)
            if superuser.info.server_version >= 160_000:
                with refused(MayNotBuildError, f"GRANT crpm_owner, .* TO {name} WITH ADMIN OPTION"):
                    install(url)
                roles = sql.SQL(", ").join(map(sql.Identifier, ROLES))
                superuser.execute(sql.SQL("GRANT {} TO {} WITH ADMIN OPTION").format(roles, builder))
            assert install(url)
        finally:
            superuser.execute(sql.SQL("ALTER DATABASE {} OWNER TO CURRENT_USER").format(there))
            with psycopg.connect(make_conninfo(server, dbname=database), autocommit=True) as inside:
                inside.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(builder))
            superuser.execute(sql.SQL("DROP ROLE {}").format(builder))


def test_a_migration_that_fails_leaves_nothing_of_itself_and_all_of_those_before(empty: OwnDatabase) -> None:
    bad = Migration(NEXT + 1, "break_it", "CREATE TABLE crpm.half_done (); SELECT 1 / 0;")
    with refused(MigrationFailedError, rf"{bad.file} failed.*division by zero"):
        migrated(empty.owner_url, later(ADDS, bad))
    with empty.connect() as connection:
        assert connection.execute("SELECT max(version) FROM crpm.schema_versions").fetchone() == (NEXT,)
        assert connection.execute("SELECT to_regclass('crpm.half_done')").fetchone() == (None,)
        connection.execute("SELECT note FROM crpm.stores")
    assert migrated(empty.owner_url, later(ADDS, NOTES)) == [NOTES.file]


def test_a_migration_gives_up_on_a_table_in_use(empty: OwnDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.install.LOCK_TIMEOUT", "50ms")
    with psycopg.connect(empty.owner_url) as somebody:
        somebody.execute("SELECT FROM crpm.stores")
        with refused(LockedOutError, "stop the app"):
            migrated(empty.owner_url, later(ADDS))
    assert migrated(empty.owner_url, later(ADDS)) == [ADDS.file]


def test_two_that_migrate_at_once_follow_each_other(empty: OwnDatabase) -> None:
    applied: list[str] = []
    schema = later(ADDS, NOTES)
    both = [
        threading.Thread(target=lambda: applied.extend(migrated(empty.owner_url, schema))) for _ in range(2)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert applied == [ADDS.file, NOTES.file]


def test_a_database_of_another_schema_is_refused_with_what_to_do(shop: OwnDatabase) -> None:
    def check(schema: Schema) -> None:
        with psycopg.connect(shop.owner_url) as connection:
            require_current(connection, schema)

    other = replace(TODAY, text=TODAY.text + "CREATE TABLE crpm.unheard_of ();\n")
    for ask in (check, lambda schema: install(shop.owner_url, schema)):
        with refused(
            SchemaOutdatedError, f"has version {TODAY.version} .*needs version {NEXT}.*python -m db migrate"
        ):
            ask(later(ADDS))
        with refused(OtherSchemaError, "another db/schema.sql"):
            ask(other)
        ask(replace(TODAY, text=f"-- Only a comment.\n{TODAY.text}"))
    with refused(OtherSchemaError, "another db/schema.sql"):
        migrated(shop.owner_url, other)
    migrated(shop.owner_url, later(ADDS))
    with refused(SchemaAheadError, f"has version {NEXT} .*none after {TODAY.version}"):
        check(TODAY)
    with refused(ChangedMigrationError, f"another {ADDS.file}"):
        check(later(replace(ADDS, text="SELECT 1;")))
    with shop.connect() as connection:
        connection.execute("DROP TABLE crpm.schema_versions")
    with refused(SchemaError, "another db/schema.sql"):
        check(TODAY)


def test_demo_data_of_another_schema_can_be_dropped_and_a_company_s_own_cannot(shop: OwnDatabase) -> None:
    other = replace(TODAY, text=TODAY.text + "CREATE TABLE crpm.unheard_of ();\n")
    with refused(OwnDataError, "own data"):
        install(shop.owner_url, other, afresh=True)
    with shop.connect() as connection:
        assert connection.execute("SELECT count(*) > 0 FROM crpm.customers").fetchone() == (True,)
        connection.execute("UPDATE crpm.settings SET is_demo = TRUE")
    with refused(OtherDemoSchemaError, "python -m db install --afresh"):
        install(shop.owner_url, other)
    assert install(shop.owner_url, other, afresh=True)
    assert not install(shop.owner_url, other)
    with shop.connect() as connection:
        assert connection.execute("SELECT count(*) FROM crpm.customers").fetchone() == (0,)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"0003_skip_two.sql": "SELECT 1;"}, "0002_"),
        ({"0002_once.sql": "SELECT 1;", "0002_twice.sql": "SELECT 1;"}, "0003_"),
        ({"2_short.sql": "SELECT 1;"}, "0002_"),
        ({"0002_commit_it.sql": "SELECT 1;\ncommit;\n"}, "transaction"),
    ],
)
def test_a_file_that_cannot_be_a_migration_is_named(
    tmp_path: Path, files: dict[str, str], reason: str
) -> None:
    (tmp_path / "migrations").mkdir()
    for name, text in files.items():
        (tmp_path / "migrations" / name).write_text(text)
    with refused(MigrationFileError, reason):
        read_schema(tmp_path)


def test_migrations_are_read_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "migrations").mkdir()
    for name in ("0003_drop_b.sql", "0002_add_a.sql"):
        (tmp_path / "migrations" / name).write_text("DO $$\nBEGIN\n    NULL;\nEND\n$$;\n")
    for name in ("schema.sql", "reference.sql"):
        (tmp_path / name).write_text("SELECT 1;\n")
    read = read_schema(tmp_path)
    assert [step.file for step in read.migrations] == ["0002_add_a.sql", "0003_drop_b.sql"]
    assert (read.version, BASE) == (3, 1)
