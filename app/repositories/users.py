"""People who sign in, and their sessions."""

from dataclasses import dataclass
from datetime import datetime

from app.repositories.base import Repository
from db.pool import Role


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in; `store` is the one this person works for, None for all."""

    user_name: str
    role_name: Role
    store_id: int | None
    store: str | None
    is_active: bool
    has_password: bool
    last_sign_in: datetime | None


@dataclass(frozen=True, slots=True)
class SessionActor:
    """Whose session it is; `store_id` and `store` are of the one store this person works for, None for all."""

    user_name: str
    role_name: Role
    store_id: int | None
    store: str | None
    is_to_be_renewed: bool


class UsersRepository(Repository):
    """The users, for administrators."""

    folder = "users"

    def all(self) -> list[User]:
        """Everybody, by name."""
        return self._all("all", User)

    def add(self, *, user_name: str, role_name: Role, password_hash: str, store_id: int | None) -> None:
        """Add somebody."""
        self._run(
            "add", user_name=user_name, role_name=role_name, password_hash=password_hash, store_id=store_id
        )

    def set_active(self, user_name: str, *, is_active: bool) -> bool:
        """Let somebody sign in, or nobody by that name; False where there is no such user."""
        return self._run("set_active", user_name=user_name, is_active=is_active) == 1

    def set_role(self, user_name: str, *, role_name: Role) -> bool:
        """Give a user another role, from the next request on; False where there is no such user."""
        return self._run("set_role", user_name=user_name, role_name=role_name) == 1

    def set_store(self, user_name: str, *, store_id: int | None) -> bool:
        """Tie a user to a store, or to none; False where there is no such user."""
        return self._run("set_store", user_name=user_name, store_id=store_id) == 1

    def reset_password(self, user_name: str, *, password_hash: str) -> bool:
        """Set a user's password, which signs them out everywhere; False where there is no such user."""
        return self._run("reset_password", user_name=user_name, password_hash=password_hash) == 1


class AccessRepository(Repository):
    """Signing in and out. Runs as the app's login itself: whoever signs in has no role yet."""

    folder = "access"

    def begin_sign_in(self, user_name: str, *, address: str) -> str | None:
        """Count a try, and return the hash that the password has to fit; None for nobody. RuleError after too many."""
        found: str | None = self._value("begin_sign_in", user_name=user_name, address=address)
        return found

    def open_session(self, user_name: str, *, address: str, session_hash: str) -> None:
        """Open a session for somebody whose password was right."""
        self._run("open_session", user_name=user_name, address=address, session_hash=session_hash)

    def session_actor(self, session_hash: str) -> SessionActor | None:
        """Whose session it is; None where it has ended."""
        return self._find("session_actor", SessionActor, session_hash=session_hash)

    def renew_session(self, session_hash: str) -> None:
        """Let a session in use last longer."""
        self._run("renew_session", session_hash=session_hash)

    def close_session(self, session_hash: str) -> None:
        """Sign out."""
        self._run("close_session", session_hash=session_hash)

    def set_password(self, user_name: str, *, password_hash: str) -> None:
        """Set the password of somebody who has given the old one; signs them out everywhere."""
        self._run("set_password", user_name=user_name, password_hash=password_hash)

    def has_users(self) -> bool:
        """Whether there is anybody who could sign in."""
        return bool(self._value("has_users"))

    def add_first_admin(self, user_name: str, *, password_hash: str) -> None:
        """Add the first user, an administrator. RuleError where there is a user."""
        self._run("add_first_admin", user_name=user_name, password_hash=password_hash)
