"""What people of each role do all day, one action after the other, with a pause to read and think between them."""

import random
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from tests.soak.browser import Browser, FaultError
from tests.soak.tally import Purchase, Tally

PASSWORD = "correct horse battery"
_RECORDED = re.compile(r"Recorded (S\d+-\d+)")
_KEYS = re.compile(r'<tr data-key="([^"]+)"')
_NOT_ENOUGH = "Not enough stock"
_NAMES = ("ann", "zoë", "fre", "cla", "ali", "eri")
_WARES = ("dri", "ced", "har", "asp", "ree", "oak")
_SECTIONS = ("Sales", "Products", "Customers")
_PERIODS = ("Last 12 months", "This month", "Last month", "This year", "Last year", "All")
# A page is loaded anew once in so many actions.
_RELOAD = 40


@dataclass(slots=True)
class Shift:
    """Sends everybody to work and lets them pause together: `halt` is set while they are to stop after what they do."""

    people: int
    halt: threading.Event = field(default_factory=threading.Event)
    is_over: bool = False
    meeting: threading.Barrier = field(init=False)

    def __post_init__(self) -> None:
        """Everybody and who leads them meet."""
        self.meeting = threading.Barrier(self.people + 1, timeout=600)

    def pause(self) -> None:
        """Wait until everybody has finished what they do."""
        self.halt.set()
        self.meeting.wait()

    def go_on(self, *, is_over: bool = False) -> None:
        """Let them go on, or go home."""
        self.is_over = is_over
        self.halt.clear()
        self.meeting.wait()

    def break_off(self) -> None:
        """Send everybody home, wherever they are."""
        self.is_over = True
        self.halt.set()
        self.meeting.abort()


class Person(threading.Thread):
    """A user at work until the shift is over."""

    def __init__(
        self, name: str, address: str, shift: Shift, tally: Tally, *, begin_after: float, rest_seconds: float
    ) -> None:
        super().__init__(name=name)
        self.browser = Browser(address)
        self.draw = random.Random(name)  # noqa: S311 - repeatable on purpose  # nosec B311
        self.role = name.partition("-")[0]
        self._shift = shift
        self.tally = tally
        self._begin_after = begin_after
        self._rest_seconds = rest_seconds

    def run(self) -> None:
        """Sign in, work, and sign out."""
        doings = [doing for doing, times in DAYS[self.role].items() for _ in range(times)]
        try:
            self._shift.halt.wait(self._begin_after)
            self._do(lambda person: person.begin())
            while self._work_on():
                self._do(self.draw.choice(doings))
                if self.draw.randrange(_RELOAD) == 0:
                    self._do(lambda person: person.open(HOME[self.role]))
        except threading.BrokenBarrierError:
            self.tally.note_error(f"{self.name} waited for the others in vain")
        finally:
            self.browser.close()

    def begin(self) -> None:
        """Sign in and open the page."""
        with self.tally.timed("sign in"):
            self.browser.sign_in(self.name, PASSWORD)
        self.open(HOME[self.role])

    def open(self, tab: str) -> None:
        """Load the page anew."""
        with self.tally.timed("open the page"):
            self.browser.open(tab)
        self.tally.note_page()

    def type(self, field_name: str, text: str, action: str) -> None:
        """Type a text, key by key; each is answered."""
        for length in range(1, len(text) + 1):
            with self.tally.timed(action):
                self.browser.change(field_name, text[:length])

    def _work_on(self) -> bool:
        """Rest; where everybody is to pause, wait for them. Whether the shift goes on."""
        if self._shift.halt.wait(self.draw.expovariate(1 / self._rest_seconds)):
            self._shift.meeting.wait()
            self._shift.meeting.wait()
        return not self._shift.is_over

    def _do(self, doing: Callable[["Person"], None]) -> None:
        try:
            doing(self)
        except (FaultError, httpx.HTTPError) as error:
            self.tally.note_error(f"{self.role}: {type(error).__name__}: {error}")


def sell(person: Person) -> None:
    """Record a purchase: find a customer and some products, then take the money."""
    browser, draw = person.browser, person.draw
    # A browser draws an id for each purchase, and one for its tab.
    ids = {"request_id": secrets.token_hex(16), "till_id": person.name}
    if draw.random() < 0.6:
        found = _pick(person, "till-customer", draw.choice(_NAMES), "")
        browser.put("till-customer", found[0] if found else None)
    lines: dict[int, dict[str, object]] = {}
    for _ in range(draw.randint(1, 3)):
        product = _choose_product(person)
        lines[product] = _line(product, draw.randint(1, 2))
        _type_basket(person, list(lines.values()), ids)
        with person.tally.timed("price a basket"):
            browser.fire("changed", "till-basket")
    # What the server answers prices the lines; what was typed stays the browser's.
    _type_basket(person, list(lines.values()), ids)
    with person.tally.timed("record a purchase"):
        toasts = browser.fire("click", "till-record")
    _note(person, ids["request_id"], toasts)


def _choose_product(person: Person) -> int:
    """Find a product at the till; mostly, people take what is there."""
    browser, draw = person.browser, person.draw
    scope = f"{browser.value('till-store') or ''}/{browser.value('till-currency') or ''}"
    found = _pick(person, "till-product", draw.choice(_WARES), scope)
    if not found:
        raise FaultError("the till finds no product")
    there = [option for option in found if " 0 on hand" not in option["hint"]]
    return int(draw.choice(there or found)["value"])


def _line(product: int, quantity: int) -> dict[str, object]:
    return {"product_id": product, "quantity": str(quantity), "discount": "", "price": "", "reason": ""}


def _type_basket(person: Person, lines: list[dict[str, object]], ids: dict[str, str]) -> None:
    shown = person.browser.value("till-basket") or {}
    person.browser.put("till-basket", {**shown, "typed": {"lines": lines, "discount": ""}, **ids})


def _note(person: Person, request_id: str, toasts: list[str]) -> None:
    """Note what the till says of a purchase: recorded, or refused."""
    if toasts:
        if any(_NOT_ENOUGH not in toast for toast in toasts):
            raise FaultError(f"the till refuses: {' '.join(toasts)}")
        person.tally.note_refusal("not enough stock")
        person.browser.fire("click", "till-anew")
        return
    told = _RECORDED.search(str(person.browser.value("till-note")))
    if not told:
        raise FaultError("the till does not say that the purchase is recorded")
    person.tally.note_purchase(Purchase(request_id, told[1]))


def _pick(person: Person, picker: str, text: str, scope: str) -> list[dict[str, str]]:
    """Type into a picker; what it offers in the end."""
    found: list[dict[str, str]] = []
    for length in range(1, len(text) + 1):
        with person.tally.timed("type in a field of the till, a key"):
            found = person.browser.find(picker, text[:length], scope)
    return found


def look_up_customer(person: Person) -> None:
    """Search a customer as one types, and open the first."""
    _look_up(person, "customers", person.draw.choice(_NAMES))


def look_up_product(person: Person) -> None:
    """Search a product as one types, and open the first."""
    _look_up(person, "products", person.draw.choice(_WARES))


def _look_up(person: Person, tab: str, text: str) -> None:
    with person.tally.timed(f"select {tab}"):
        person.browser.fire("select", tab)
    person.type(f"{tab}-search", text, f"type in the search of {tab}, a key")
    if key := _KEYS.search(str(person.browser.value(f"{tab}-grid"))):
        with person.tally.timed(f"open a record of {tab}"):
            person.browser.go_to(tab, key[1])


def list_orders(person: Person) -> None:
    """Look at the list of orders."""
    with person.tally.timed("list orders"):
        person.browser.fire("select", "purchases-orders")


def look_at_dashboard(person: Person) -> None:
    """Read the dashboard."""
    with person.tally.timed("read the dashboard"):
        person.browser.fire("select", "dashboard")


def analyse(person: Person) -> None:
    """Read a section of Analytics, and change its period."""
    with person.tally.timed("read a section of analytics"):
        person.browser.fire("select", "analytics")
        person.browser.fire("select", person.draw.choice(_SECTIONS))
    with person.tally.timed("change the period of analytics"):
        person.browser.change("analytics-period", person.draw.choice(_PERIODS))


# By role: what is done and how often, and where the day begins.
DAYS: dict[str, dict[Callable[[Person], None], int]] = {
    "clerk": {sell: 7, look_up_customer: 2, list_orders: 1},
    "manager": {sell: 2, look_up_product: 3, look_at_dashboard: 2, list_orders: 1, analyse: 1},
    "analyst": {analyse: 3, look_at_dashboard: 1},
    "viewer": {look_up_customer: 2, look_up_product: 2, list_orders: 1},
}
HOME = {"clerk": "purchases", "manager": "purchases", "analyst": "analytics", "viewer": "customers"}
# Of ten people.
_SHARES = ("clerk", "clerk", "clerk", "clerk", "clerk", "manager", "manager", "analyst", "analyst", "viewer")


def names(count: int) -> list[str]:
    """User names for so many people, each beginning with their role."""
    return [f"{_SHARES[number % len(_SHARES)]}-{number + 1}" for number in range(count)]
