"""`make soak`: people at work over HTTP for some minutes, a load and a backup meanwhile; nothing may fail, leak or get lost.

Exit status 1 with the reasons otherwise. The times are of the machine that it runs on, and of what else runs there.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg

from app.access.passwords import hashed
from app.access.users import ROLES
from app.repositories.users import UsersRepository
from db.embedded import end_by_exception, running
from db.pool import Actor, Database
from db.verify import verify
from tests.bench.report import row
from tests.soak import meanwhile
from tests.soak.application import Place, serving
from tests.soak.people import PASSWORD, Person, Shift, names
from tests.soak.resources import GoneError, Held, held, leaks
from tests.soak.tally import Tally

# The part of the time after which caches and pools are as full as they get.
WARM_UP = 1 / 4
_RECORDED = """
SELECT replace(request_id::text, '-', ''), order_number FROM crpm.orders WHERE recorded_by = ANY(%(people)s)
"""
# Enough for everybody to sell all the time.
_DELIVERY = """
SELECT crpm.receive_stock(s.store_id, array_agg(p.product_id), array_agg(1000::numeric), 'soak')
FROM crpm.stores AS s CROSS JOIN crpm.products AS p
WHERE s.is_active AND p.is_active
GROUP BY s.store_id
"""


def main() -> int:
    """Run it; returns the exit status."""
    end_by_exception()
    parser = argparse.ArgumentParser(prog="make soak ARGS=...", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long people work")
    parser.add_argument("--users", type=int, default=30, help="how many people work")
    parser.add_argument(
        "--rest", type=float, default=2, help="seconds that a person rests between two actions, on average"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crpm-soak-") as name:
        reasons = soak(Path(name), minutes=options.minutes, users=options.users, rest_seconds=options.rest)
    for reason in reasons:
        print(f"error: {reason}", file=sys.stderr)
    print("\nFailed." if reasons else "\nNo error, no leak, and everything acknowledged is there.")
    return 1 if reasons else 0


def soak(folder: Path, *, minutes: float, users: int, rest_seconds: float) -> list[str]:
    """Let so many people work for so long; why it was not as it should be."""
    place = Place(folder / "postgres", folder / "tmp")
    place.temporary.mkdir()
    sales = meanwhile.make_sales(folder)
    tally = Tally()
    with running(place.data_dir) as server:
        owner_url = server.url("postgres")
        with serving(place) as app:
            people = names(users)
            _sign_up(server.url("crpm_app"), people)
            with psycopg.connect(owner_url) as connection:
                connection.execute(_DELIVERY)
            print(f"{users} people work for {minutes:g} minutes on {app.address}.", flush=True)
            shift = Shift(users)
            # They come one after the other during the first half of the warm-up.
            apart = minutes * 60 * WARM_UP / 2 / users
            team = [
                Person(one, app.address, shift, tally, begin_after=number * apart, rest_seconds=rest_seconds)
                for number, one in enumerate(people)
            ]
            deeds = {
                "load of new sales": lambda: meanwhile.load(sales, place),
                "backup, proved": lambda: meanwhile.back_up(folder, place),
            }
            try:
                before, after, pages = _work(
                    team, shift, tally, minutes * 60, deeds, lambda: held(app, owner_url, place)
                )
            except (GoneError, threading.BrokenBarrierError) as error:
                shift.break_off()
                tally.print()
                told = str(error) or "somebody did not finish what they had begun"
                return [told, *app.faults, *tally.reasons()]
        tally.print()
        row("slow queries, of a second or more", app.slow_queries)
        reasons = tally.reasons()
        reasons += leaks(before, after, pages)
        reasons += [f"log of the app: {line[:500]}" for line in app.faults]
        reasons += [f"left behind: {path.name}" for path in place.temporary.iterdir()]
        reasons += _lost(owner_url, people, tally)
        reasons += [
            f"db verify: {check.description} {check.differences} differences"
            for check in verify(owner_url)
            if check.differences
        ]
    return reasons


def _sign_up(app_url: str, people: list[str]) -> None:
    """Add the users, each with the role that their name begins with."""
    database = Database(app_url, max_size=1)
    kept = hashed(PASSWORD)
    try:
        with database.transaction(Actor("soak", "crpm_admin")) as connection:
            for name in people:
                role = ROLES[name.partition("-")[0]]
                UsersRepository(connection).add(
                    user_name=name, role_name=role, password_hash=kept, store_id=None
                )
    finally:
        database.close()


def _work(
    team: list[Person],
    shift: Shift,
    tally: Tally,
    seconds: float,
    deeds: dict[str, Callable[[], None]],
    look: Callable[[], Held],
) -> tuple[Held, Held, int]:
    """Let them work; what was held after the warm-up and at the end, and the pages opened in between."""
    began = time.perf_counter()
    for person in team:
        person.start()
    _wait_until(began + seconds * WARM_UP)
    shift.pause()
    before, pages = look(), tally.pages
    shift.go_on()
    operator = threading.Thread(target=_operate, args=(deeds, tally), name="operator")
    operator.start()
    _wait_until(began + seconds)
    operator.join()
    shift.pause()
    after, opened = look(), tally.pages - pages
    shift.go_on(is_over=True)
    for person in team:
        person.join()
    return before, after, opened


def _wait_until(moment: float) -> None:
    """The length of the run is what is asked for, so it is waited for by the clock."""
    time.sleep(max(0.0, moment - time.perf_counter()))


def _operate(deeds: dict[str, Callable[[], None]], tally: Tally) -> None:
    for name, do in deeds.items():
        try:
            with tally.timed(name):
                do()
        except RuntimeError as error:
            tally.note_error(str(error))


def _lost(owner_url: str, people: list[str], tally: Tally) -> Iterator[str]:
    """What was acknowledged and is not there, and what is there and was not acknowledged."""
    with psycopg.connect(owner_url) as connection:
        recorded = set(connection.execute(_RECORDED, {"people": people}).fetchall())
    told = {(purchase.request_id, purchase.order_number) for purchase in tally.purchases}
    row("purchases acknowledged", len(tally.purchases))
    row("purchases recorded", len(recorded))
    if len(told) != len(tally.purchases) or told - recorded:
        yield f"{len(told - recorded)} of {len(tally.purchases)} acknowledged purchases are not there"
    if unheard := recorded - told:
        yield f"{len(unheard)} purchases are recorded that nobody was told of"
    if not told:
        yield "nothing was sold"


if __name__ == "__main__":
    sys.exit(main())
