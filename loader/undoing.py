"""Taking a load back: as if it had never been, or not at all where something depends on it."""

from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import class_row

from db.pool import Actor
from db.sqlfiles import query
from loader.errors import NoSuchLoadError, UndoRefusedError
from loader.loading import LOAD_LOCK, acting, say_nothing
from loader.progress import Progress
from loader.publishing import Step, run_steps
from loader.queries import run

STEPS: tuple[Step, ...] = (
    (
        "Taking back orders and stock",
        (
            "take_back_stock",
            "close_shelves",
            "take_back_returns",
            "take_back_lines",
            "take_back_orders",
            "shorten_orders",
            "take_back_deliveries",
        ),
    ),
    (
        "Giving back what was updated",
        (
            "restore_customers",
            "restore_products",
            "restore_stores",
            "restore_rates",
            "restore_continents",
        ),
    ),
    (
        "Taking back customers, products, stores and rates",
        (
            "take_back_rates",
            "take_back_prices",
            "take_back_costs",
            "take_back_customers",
            "take_back_products",
            "take_back_stores",
            "take_back_subcategories",
            "take_back_categories",
        ),
    ),
    ("Recording it", ("reopen_rejects", "forget_changes", "forget_going", "finish_undo", "analyze_sales")),
)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason why a load cannot be taken back: how many records it is true of, and up to three of them."""

    reason: str
    found: int
    examples: list[str]

    def __str__(self) -> str:
        more = "; \N{HORIZONTAL ELLIPSIS}" if self.found > len(self.examples) else ""
        return f"{self.reason}: {self.found:,} ({'; '.join(self.examples)}{more})"


def undo(owner_url: str, load_id: int, *, actor: Actor, progress: Progress = say_nothing) -> None:
    """Take back what a load brought, all of it in one transaction, updates included.

    Added records, orders and lines go, updated ones are again what they were, and the load's rows of the ledger move
    to crpm.undone_movements. The load, its account and its rejects stay on record, and the company stays set up.
    Raises UndoRefusedError, which tells everything that depends on the load, and NoSuchLoadError; whether the actor
    may is decided by the rights of the actor's role (psycopg.errors.InsufficientPrivilege). Loads and undos queue.
    """
    with acting(owner_url, actor) as connection:
        run(connection, "lock", {"lock": LOAD_LOCK})
        problem = run(connection, "find_load_state", {"load_id": load_id})
        if problem is None:
            raise NoSuchLoadError(f"There is no load {load_id}.")
        if problem:
            raise UndoRefusedError(f"Load {load_id} cannot be taken back. {problem}")
        run(connection, "begin_undo", {"load_id": load_id})
        run(connection, "act_as_owner", {})
        progress("Looking for what depends on it")
        for name in ("lock_books", "forget_going", "gather_going", "analyze_going"):
            run(connection, name, {"load_id": load_id})
        if obstacles := _obstacles(connection, load_id):
            reasons = "\n".join(f"- {obstacle}" for obstacle in obstacles)
            raise UndoRefusedError(f"Load {load_id} cannot be taken back. Of what it brought:\n{reasons}")
        run_steps(connection, STEPS, {"load_id": load_id}, progress)


def _obstacles(connection: Connection, load_id: int) -> list[Obstacle]:
    with connection.cursor(row_factory=class_row(Obstacle)) as cursor:
        return cursor.execute(query("loader/list_obstacles").text, {"load_id": load_id}).fetchall()
