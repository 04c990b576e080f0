"""Signing people in and out. A session is a random key in a cookie; the database keeps its hash alone."""

import hashlib
import logging
import secrets

from app.access import passwords
from app.demo import ACCOUNTS, Demo
from app.errors import InputError, NotAllowedError
from app.repositories.users import AccessRepository
from app.workspace import Workspace
from db.pool import Actor

log = logging.getLogger(__name__)

WRONG = "User name and password do not fit."


class Door:
    """Lets people in who have a user name and a password, and says whose a session is.

    `setup_token` is the secret of the link that makes the first administrator; None once there are users.
    With a `demo` they also get in as one of its accounts.
    """

    setup_token: str | None = None

    def __init__(self, workspace: Workspace, *, demo: Demo | None = None) -> None:
        self._workspace = workspace
        self.demo = demo
        if not self._has_users():
            self.setup_token = secrets.token_urlsafe(32)

    def waits_for_first_admin(self) -> bool:
        """Whether nobody has been added yet, neither by the link nor by the command."""
        if self.setup_token and self._has_users():
            self.setup_token = None
        return self.setup_token is not None

    def sign_in(self, user_name: str, password: str, *, address: str) -> str:
        """A new session's key. Raises NotAllowedError where name and password do not fit, RuleError after too many tries."""
        user_name = user_name.strip().lower()[:63]
        self._check(user_name, password, address=address)
        return self._open(user_name, address=address)

    def look_around(self, role: str, *, address: str) -> str:
        """A new session of the demo's account of a role. Raises NotAllowedError where there is none."""
        if not self.demo or role not in ACCOUNTS:
            raise NotAllowedError("There is no such demo account.")
        return self._open(ACCOUNTS[role], address=address)

    def actor(self, key: str | None) -> Actor | None:
        """Whose session this is, or None for one that has ended."""
        if not key:
            return None
        with self._workspace.before_sign_in() as connection:
            access = AccessRepository(connection)
            found = access.session_actor(_hash(key))
            if found and found.is_to_be_renewed:
                access.renew_session(_hash(key))
        return (
            Actor(found.user_name, found.role_name, store_id=found.store_id, store=found.store)
            if found
            else None
        )

    def sign_out(self, key: str) -> None:
        """End a session."""
        with self._workspace.before_sign_in() as connection:
            AccessRepository(connection).close_session(_hash(key))

    def change_password(self, user_name: str, old: str, new: str, *, address: str) -> str:
        """Set a new password, which ends all sessions of the user; returns the key of a new one. Raises as sign_in does."""
        passwords.check_new(new, user_name=user_name)
        if new == old:
            raise InputError("The new password is the old one.")
        # Last: a new password that does not do is no try of the old one.
        self._check(user_name, old, address=address)
        kept = passwords.hashed(new)
        with self._workspace.before_sign_in(user_name) as connection:
            AccessRepository(connection).set_password(user_name, password_hash=kept)
        return self._open(user_name, address=address)

    def add_first_admin(self, token: str, user_name: str, password: str, *, address: str) -> str:
        """Make the first administrator and sign in; returns the session's key.

        Raises NotAllowedError for another token than the log's, RuleError where somebody was quicker.
        """
        if not self.setup_token or not secrets.compare_digest(self.setup_token.encode(), token.encode()):
            raise NotAllowedError("This link has been used, or is not the one in the log.")
        user_name = user_name.strip().lower()
        passwords.check_new(password, user_name=user_name)
        kept = passwords.hashed(password)
        with self._workspace.before_sign_in(user_name) as connection:
            AccessRepository(connection).add_first_admin(user_name, password_hash=kept)
        self.setup_token = None
        return self._open(user_name, address=address)

    def _has_users(self) -> bool:
        with self._workspace.before_sign_in() as connection:
            return AccessRepository(connection).has_users()

    def _check(self, user_name: str, password: str, *, address: str) -> None:
        with self._workspace.before_sign_in() as connection:
            kept = AccessRepository(connection).begin_sign_in(user_name, address=address)
        if not passwords.fits(password, kept):
            log.warning("failed sign-in from %s", address)
            raise NotAllowedError(WRONG)

    def _open(self, user_name: str, *, address: str) -> str:
        key = secrets.token_urlsafe(32)
        with self._workspace.before_sign_in() as connection:
            AccessRepository(connection).open_session(user_name, address=address, session_hash=_hash(key))
        return key


def _hash(key: str) -> str:
    # Of 256 random bits, which nobody can try out: a quick hash will do.
    return hashlib.sha256(key.encode()).hexdigest()
