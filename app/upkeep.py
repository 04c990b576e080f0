"""What the app does by itself: sales are rolled up each minute, and each day records are deleted that are kept no longer."""

import logging
import threading
import time
from dataclasses import dataclass, field

import psycopg
from psycopg_pool import PoolTimeout

from app.repositories.activity import ActivityRepository
from app.repositories.rollups import RollupRepository
from db.errors import ServerError
from db.pool import Actor, Database

log = logging.getLogger(__name__)

UPKEEP_ACTOR = Actor(user_name="upkeep", role="crpm_admin")
_DAY_SECONDS = 24 * 60 * 60
# Figures are exact without it: it decides how much of them is read from orders instead of rollups. It takes no more than a
# twentieth of the time.
_FOLD_SECONDS = 60
_REST_FOR_EACH_SECOND = 19


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Looks after a database, until `end`. Several processes may: what one has deleted, the next does not find."""

    database: Database
    _is_ended: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Do what is due, now and again, in a thread."""
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

    def fold(self) -> None:
        """Roll up the sales of every month that has changed, one by one; where that can't be done, the log says so."""
        try:
            while not self._is_ended.is_set():
                with self.database.transaction(UPKEEP_ACTOR) as connection:
                    if RollupRepository(connection).fold_sales().month is None:
                        return
        except (psycopg.Error, PoolTimeout, ServerError) as error:
            # What was begun when the app stopped has come to nothing, and is done at the next start.
            if not self._is_ended.is_set():
                log.error("sales are not rolled up, figures take longer: %s", str(error).partition("\n")[0])

    def _keep(self) -> None:
        pruned_at = -float(_DAY_SECONDS)
        while True:
            begun = time.monotonic()
            self.fold()
            rest = max(_FOLD_SECONDS, _REST_FOR_EACH_SECOND * (time.monotonic() - begun))
            if time.monotonic() - pruned_at >= _DAY_SECONDS and not self._is_ended.is_set():
                self.prune()
                pruned_at = time.monotonic()
            if self._is_ended.wait(rest):
                return
