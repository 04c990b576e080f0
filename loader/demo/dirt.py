"""The honest dirt in the demo data: rows that a loader must reject, or find to be duplicates."""

import random
from collections.abc import Iterator

Row = list[str]

# Rows put in, by file and kind. A "duplicate row" repeats another one exactly; all others can't be loaded,
# and no clean row depends on them.
DIRT: dict[str, dict[str, int]] = {
    "Customers.csv": {"duplicate row": 1, "impossible birthday": 1},
    "Products.csv": {"unreadable price": 1},
    "Stores.csv": {},
    "Exchange_Rates.csv": {},
    "Sales.csv": {
        "duplicate row": 8,
        "zero quantity": 3,
        "text as quantity": 2,
        "impossible date": 2,
        "unknown product": 3,
        "unknown customer": 3,
    },
    "Stock.csv": {},
}

ORDER, LINE, ORDERED_ON, DELIVERED_ON, CUSTOMER, PRODUCT, QUANTITY = 0, 1, 2, 3, 4, 6, 7
PRICE, BIRTHDAY = 5, 9
UNKNOWN_PRODUCT = 9000
UNKNOWN_CUSTOMER = 990_000


def soil_customers(rows: list[Row], draw: random.Random, *, never_bought: list[int]) -> list[Row]:
    """Spoil the birthday of someone in `never_bought` (positions), and repeat someone else."""
    spoiled = draw.choice(never_bought)
    repeated = draw.choice([position for position in range(len(rows)) if position != spoiled])
    rows[spoiled][BIRTHDAY] = "2/30/1985"
    return [*rows[: repeated + 1], rows[repeated], *rows[repeated + 1 :]]


def soil_products(rows: list[Row]) -> list[Row]:
    """Add a product that nobody has bought yet, because nobody has set its price."""
    new = [str(len(rows) + 1), *rows[-1][1:]]
    new[1] += " Pro"
    new[PRICE] = "on request"
    return [*rows, new]


def soil_sales(rows: list[Row], draw: random.Random) -> list[Row]:
    """Add the rows that `DIRT` names, each after the last line of some order."""
    kinds = [kind for kind, count in DIRT["Sales.csv"].items() for _ in range(count)]
    last_lines = [
        position
        for position, (row, following) in enumerate(zip(rows, [*rows[1:], [""]], strict=True))
        if row[ORDER] != following[ORDER]
    ]
    soiled = dict(zip(draw.sample(last_lines, len(kinds)), enumerate(kinds), strict=True))
    return list(_with_dirt(rows, soiled))


def _with_dirt(rows: list[Row], soiled: dict[int, tuple[int, str]]) -> Iterator[Row]:
    for position, row in enumerate(rows):
        yield row
        if position in soiled:
            yield _dirty(row, *soiled[position])


def _dirty(row: Row, number: int, kind: str) -> Row:
    """One more line of the same order; or an order of its own, where an order's own facts are spoiled.

    Order numbers leave gaps, so the next one is free.
    """
    dirty = list(row)
    if kind in ("impossible date", "unknown customer"):
        dirty[ORDER], dirty[LINE] = str(int(row[ORDER]) + 1), "1"
    elif kind != "duplicate row":
        dirty[LINE] = str(int(row[LINE]) + 1)
    match kind:
        case "zero quantity":
            dirty[QUANTITY] = "0"
        case "text as quantity":
            dirty[QUANTITY] = "a pair"
        case "impossible date":
            dirty[ORDERED_ON], dirty[DELIVERED_ON] = f"2/30/{row[ORDERED_ON][-4:]}", ""
        case "unknown product":
            dirty[PRODUCT] = str(UNKNOWN_PRODUCT + number)
        case "unknown customer":
            dirty[CUSTOMER] = str(UNKNOWN_CUSTOMER + number)
    return dirty
