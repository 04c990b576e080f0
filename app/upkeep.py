"""What the app does by itself each day: records older than the business keeps them are deleted."""

import logging
import threading
from dataclasses import dataclass, field

import psycopg
from psycopg_pool import PoolTimeout

from app.repositories.activity import ActivityRepository
from db.errors import ServerError
from db.pool import Actor, Database

log = logging.getLogger(__name__)

UPKEEP_ACTOR = Actor(user_name="upkeep", role="crpm_admin")
_DAY_SECONDS = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Looks after a database, until `end`. Several processes may: what one has deleted, the next does not find."""

    database: Database
    _is_ended: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Do what is due now, and again each day, in a thread."""
        threading.Thread(target=self._keep, name="upkeep", daemon=True).start()

    def end(self) -> None:
        """Do it no more."""
        self._is_ended.set()

    def prune(self) -> None:
        """Delete records that are older than they are kept; where the database can't be asked, the log says so."""
        try:
            with self.database.transaction(UPKEEP_ACTOR) as connection:
                pruned = ActivityRepository(connection).prune()
        except (psycopg.Error, PoolTimeout, ServerError) as error:
            log.error("old records are not deleted today: %s", error)
            return
        if pruned.pruned_changes or pruned.pruned_reads:
            log.info(
                "deleted old records: %d changes, %d bulk reads", pruned.pruned_changes, pruned.pruned_reads
            )

    def _keep(self) -> None:
        self.prune()
        while not self._is_ended.wait(_DAY_SECONDS):
            self.prune()
