"""Passwords: what one has to be like, and their hashes (Argon2id with the parameters of RFC 9106 for little memory)."""

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import InputError

MIN_LENGTH = 10
MAX_LENGTH = 200

_hasher = PasswordHasher()
# Each takes 64 MB while it is worked out: many who sign in at once wait for one another.
_at_once = BoundedSemaphore(2)
# What the password of nobody is compared with, so that the answer takes as long as for somebody.
_NOBODY = _hasher.hash("nobody has this password")


def hashed(password: str) -> str:
    """The hash to keep of a password."""
    with _at_once:
        return _hasher.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether this is the password of a kept hash; None, for nobody, takes as long."""
    with _at_once:
        try:
            return _hasher.verify(kept or _NOBODY, password[:MAX_LENGTH]) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def check_new(password: str, *, user_name: str) -> None:
    """Raise InputError, with what to do, for a password that is too easily guessed."""
    if len(password) < MIN_LENGTH:
        raise InputError(f"A password has at least {MIN_LENGTH} characters.")
    if len(password) > MAX_LENGTH:
        raise InputError(f"A password has at most {MAX_LENGTH} characters.")
    if user_name.casefold() in password.casefold():
        raise InputError("A password does not contain the user's name.")
    if len(set(password.casefold())) < 5:
        raise InputError("A password has at least five different characters.")
