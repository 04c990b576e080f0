"""What a person is told where something failed and no toast can be shown."""

import logging
import secrets

from app.errors import CrpmError, from_database
from loader.errors import LoadError

log = logging.getLogger(__name__)


def explained(error: Exception) -> str:
    """The message of an error; one that is a fault of ours is logged under an id that the message names."""
    if isinstance(error, CrpmError | LoadError):
        return str(error)
    if known := from_database(error):
        return str(known)
    incident = secrets.token_hex(4)
    log.error("incident %s", incident, exc_info=error)
    return f"Something went wrong. Mention {incident} when you report it."
