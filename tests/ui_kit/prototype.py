"""A page made of nothing but the kit, with invented rows: for looking at the kit, and for its browser tests.

Run it with `python -m tests.ui_kit.prototype [PORT]`.
"""

import sys
import threading
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.listening import bind
from app.server import create_app, serve
from app.ui import charts, panels, shell
from app.ui import format as written
from app.ui.grid import Column, Grid, GridState
from app.ui.picker import Picker, PickerOption, PickerQuery

HOSTILE = (
    "<script>window.pwned=1</script><img src=x onerror='window.pwned=2'>",
    "${window.pwned=3}",
    "{{7*7}}`${window.pwned=4}`",
    "A" * 10_000,
    "\u0645\u062d\u0645\u062f \u0627\u0644\u0641\u0627\u062a\u062d",
    "Zo\u00eb \U0001f600 \u202eabc",
)
_GIVEN = ("Ana", "Ben", "Eva", "Finn", "Jon", "Kai", "Lea", "Max", "Noa", "Oto", "Pia", "Quin", "Rui", "Tom")
_FAMILY = (
    "Costa",
    "Ivanov",
    "Meyer",
    "Novak",
    "Olsen",
    "Petrov",
    "Quist",
    "Hansen",
    "Garcia",
    "Lopez",
    "Kovacs",
)
_CITIES = ("Lisbon", "Porto", "Paris", "Oslo", "Berlin", "Vienna", "Gda\u0144sk")
_THINGS = ("Headphones", "Camera", "Router", "Lamp", "Kettle", "Backpack", "Keyboard", "Monitor")
_COLORS = ("black", "white", "red", "silver", "blue")


@dataclass(frozen=True, slots=True)
class Customer:
    customer_id: int
    name: str
    email: str
    city: str
    orders: int
    revenue: Decimal
    last_order: date
    status: str
    store_id: int | None


@dataclass(frozen=True, slots=True)
class Line:
    sku: str
    product: str
    quantity: int
    amount: Decimal


def _customer(number: int) -> Customer:
    plain = f"{_GIVEN[number * 7 % 14]} {_FAMILY[number * 5 % 11]}"
    return Customer(
        number,
        HOSTILE[number - 41] if 0 <= number - 41 < len(HOSTILE) else plain,
        f"customer{number}@example.com",
        _CITIES[number * 3 % 7],
        number * 13 % 41,
        Decimal(number * 7919 % 1_000_000) / 100,
        date(2026, 1, 1) + timedelta(days=number * 37 % 300),
        ("active", "new", "lapsed", "active")[number % 4],
        number % 14 + 1 if number % 5 else None,
    )


CUSTOMERS = tuple(_customer(number) for number in range(1, 4_013))
PRODUCTS = {
    f"SKU-{place:03}": f"{_COLORS[place % 5].title()} {_THINGS[place % 8]} {place}" for place in range(1, 200)
} | {f"SKU-X{place}": name for place, name in enumerate(HOSTILE)}

# Tests hold answers back through this gate to see what a late one does.
SEARCH_GATE = threading.Event()
SEARCH_GATE.set()


def _overview(context: shell.TabContext) -> None:
    panels.view(
        panels.kpi_strip(
            [
                panels.Kpi(
                    "Revenue, last 30 days",
                    written.money(Decimal("1284310.40"), "EUR"),
                    written.delta(Decimal("0.082")),
                    "on the 30 days before",
                    trend=(31, 34, 33, 38, 36, 41, 44, 43, 48, 47, 52),
                ),
                panels.Kpi(
                    "Orders",
                    "6,412",
                    written.delta(Decimal("0.031")),
                    "on the 30 days before",
                    trend=(5, 6, 5, 7, 7, 8),
                ),
                panels.Kpi(
                    "Average order",
                    written.money(Decimal("200.30"), "EUR"),
                    written.delta(Decimal("-0.008")),
                    trend=(9, 8, 9, 8, 7, 8, 7),
                ),
                panels.Kpi("Low stock", "37 products", hint="below their reorder point", tone="bad"),
            ]
        )
    )
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            revenue = charts.line(
                "Revenue by month", x="month", y="revenue", color="category", series=("Audio", "Phones")
            )
        with gr.Column(scale=1, min_width=280):
            countries = charts.bar("Revenue by country", x="country", y="revenue")
    with gr.Row():
        panels.view(panels.section("Best selling products", _ranking(), hint="last 30 days, by revenue"))
        panels.view(panels.section("What happened", _history(), hint="all stores"))

    def show() -> tuple[Any, Any]:
        months, lands = _chart_data()
        return charts.draw(revenue, months), charts.draw(countries, lands)

    context.on_select(show, outputs=[revenue, countries])


def _chart_data() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    months = [
        {
            "month": date(2024 + place // 12, place % 12 + 1, 1),
            "revenue": (Decimal(31_000) + place * 900 + place * place * 7919 % 9_000) * weight,
            "category": category,
        }
        for place in range(24)
        for category, weight in (("Audio", Decimal("1.0")), ("Phones", Decimal("1.7")))
    ]
    amounts = {
        "France": 350_000,
        "Portugal": 410_000,
        "Austria": 90_000,
        "Norway": 210_000,
        "Germany": 188_000,
    }
    countries = [{"country": name, "revenue": Decimal(amount)} for name, amount in amounts.items()]
    return months, countries


def _ranking() -> Markup:
    amounts = [Decimal(91_000 - place * 9_310) for place in range(6)]
    return panels.ranking(
        (panels.link(name, "till", sku), written.money(amount, "EUR"), amount / amounts[0])
        for (sku, name), amount in zip(PRODUCTS.items(), amounts, strict=False)
    )


def _history() -> Markup:
    return panels.timeline(
        [
            panels.Happening("2026-03-24 17:05", "Purchase 20260324-0012", "3 products, 210.40 EUR", "info"),
            panels.Happening("2026-02-02 09:31", "Return of 1 piece", "Damaged; not restocked", "warn"),
            panels.Happening("2024-02-11 10:00", "Customer added", "by ana", "good"),
        ]
    )


def _customers(context: shell.TabContext) -> None:
    state = gr.State(GridState(sort="customer_id"))
    with gr.Column() as listing:
        with gr.Row():
            search = gr.Textbox(
                "",
                placeholder="Search name, e-mail or city",
                show_label=False,
                container=False,
                scale=6,
                elem_id="search",
            )
            gr.Button("New customer", variant="primary", scale=0, min_width=140)
        grid = Grid(
            [
                Column("customer_id", "ID", "integer", is_sortable=True, is_hidden_on_phone=True),
                Column("name", "Name", is_sortable=True),
                Column("email", "E-mail", is_hidden_on_phone=True),
                Column("city", "City", is_sortable=True, is_hidden_on_phone=True),
                Column(
                    "store_id", "Store", "link", opens="till", key_field="store_id", is_hidden_on_phone=True
                ),
                Column("orders", "Orders", "integer", is_sortable=True, is_hidden_on_phone=True),
                Column("revenue", "Revenue (EUR)", "money", is_sortable=True),
                Column("last_order", "Last order", "date", is_sortable=True, is_hidden_on_phone=True),
                Column("status", "Status", "pill"),
            ],
            label="Customers",
            row_key="customer_id",
            empty=("No customer matches", "Change the search, or add a customer."),
            opens="customers",
            elem_id="customers-grid",
        )
    card = panels.view(visible=False, elem_id="customer-card")

    def show(text: str, state: GridState) -> Markup:
        found = [row for row in CUSTOMERS if text.lower() in f"{row.name} {row.email} {row.city}".lower()]
        found.sort(key=attrgetter(state.sort, "customer_id"), reverse=state.is_descending)
        return grid.table(found[state.offset :][: state.page_size], total=len(found), state=state)

    def move(event: gr.EventData, text: str, state: GridState) -> tuple[GridState, Markup]:
        state = grid.follow(state, event)
        return state, show(text, state)

    def find(text: str, state: GridState) -> tuple[GridState, Markup]:
        return state.first_page(), show(text, state.first_page())

    def open_card(key: str) -> tuple[Any, Any]:
        customer = next((row for row in CUSTOMERS if str(row.customer_id) == key), None)
        if customer is None:
            return gr.update(visible=True), gr.update(visible=False)
        return gr.update(visible=False), gr.update(value=_card(customer), visible=True)

    grid.sorted(move, [search, state], [state, grid], **shell.READ)
    grid.paged(move, [search, state], [state, grid], **shell.READ)
    search.change(find, [search, state], [state, grid], **shell.READ)
    context.on_select(show, [search, state], grid)
    context.on_open(open_card, outputs=[listing, card])


def _card(customer: Customer) -> Markup:
    store = (
        panels.link(f"Store {customer.store_id}", "till", customer.store_id) if customer.store_id else None
    )
    facts = panels.definition_list(
        [
            ("E-mail", customer.email),
            ("City", customer.city),
            ("Last order", written.date(customer.last_order)),
            ("Revenue", written.money(customer.revenue, "EUR")),
            ("Store", store),
            ("Note", None),
        ]
    )
    return panels.stack(
        panels.heading(
            customer.name, detail=f"Customer {customer.customer_id}", status=customer.status, back="customers"
        ),
        panels.section("Facts", facts, hint="since 2024-02-11"),
        panels.section("History", _history()),
    )


def _till(context: shell.TabContext) -> None:
    with gr.Row():
        customer = Picker(
            label="Customer",
            search=_find_customers,
            placeholder="Walk-in, or type a name",
            elem_id="customer",
        )
        product = Picker(
            label="Product",
            search=_find_products,
            placeholder="Scan a barcode, or type a name",
            elem_id="product",
        )
    basket = gr.State([])
    lines = Grid(
        [
            Column("sku", "SKU", is_hidden_on_phone=True),
            Column("product", "Product"),
            Column("quantity", "Quantity", "integer"),
            Column("amount", "Amount (EUR)", "money"),
        ],
        label="Purchase lines",
        row_key="sku",
        empty=("No lines yet", "Scan a barcode or pick a product to begin."),
        elem_id="lines",
    )
    with gr.Row():
        note = panels.view(elem_id="note")
        save = gr.Button("Record purchase", variant="primary", scale=0, min_width=160)

    def add(sku: str | None, basket: list[Line]) -> tuple[list[Line], Markup, Any]:
        if sku:
            basket = [*basket, Line(sku, PRODUCTS[sku], 1, Decimal("19.90"))]
        return basket, draw(basket), product.show(focus=True)

    def draw(basket: list[Line]) -> Markup:
        totals = {
            "product": "Total",
            "quantity": len(basket),
            "amount": sum((line.amount for line in basket), Decimal(0)),
        }
        return lines.table(basket, totals=totals)

    def record(customer_id: str | None, basket: list[Line]) -> tuple[list[Line], Markup, Markup, Any, Any]:
        if not basket:
            gr.Warning("A purchase needs at least one line.")
            return basket, draw(basket), Markup(""), gr.skip(), product.show(focus=True)
        text = f"Recorded {len(basket)} lines for {customer_id or 'a walk-in customer'}."
        return [], draw([]), panels.notice(text, "good"), None, product.show(focus=True)

    product.picked(add, [product, basket], [basket, lines, product], **shell.READ)
    save.click(record, [customer, basket], [basket, lines, note, customer, product], **shell.SAVE)
    context.on_select(draw, basket, lines)
    context.on_open(lambda key: panels.notice(f"Store {key}") if key else "", outputs=note)


def _find_customers(query: PickerQuery) -> list[PickerOption]:
    if query.text == "fail":
        raise RuntimeError("The search was told to fail.")
    found = (row for row in CUSTOMERS if query.text.lower() in row.name.lower())
    return [
        PickerOption(str(row.customer_id), row.name, row.city)
        for row, _ in zip(found, range(12), strict=False)
    ]


def _find_products(query: PickerQuery) -> list[PickerOption]:
    if query.text.startswith("slow"):
        SEARCH_GATE.wait(10)
        return [PickerOption("SKU-001", "A late answer")]
    found = ((sku, name) for sku, name in PRODUCTS.items() if query.text.lower() in f"{sku} {name}".lower())
    return [PickerOption(sku, name, f"{sku}") for (sku, name), _ in zip(found, range(20), strict=False)]


def _states(context: shell.TabContext) -> None:
    panels.view(
        panels.section(
            "Nothing yet", panels.empty_state("No loads yet", "Drop the files of a source to begin.")
        )
    )
    panels.view(
        panels.error_state("The list could not be read", "Try again; if it stays so, report id 7f3a91.")
    )
    panels.view(panels.notice("This list shows the last 30 days.", "info"))
    with gr.Row():
        gr.Textbox(label="Name", value="Ana Costa")
        gr.Dropdown(["EUR", "USD"], label="Currency", value="EUR")
        gr.Number(label="Quantity", value=3, precision=0)
        gr.Checkbox(label="Active", value=True)
    with gr.Row():
        go = gr.Button("Open customer 7", scale=0, min_width=150)
        gr.Button("Deactivate", variant="stop", scale=0, min_width=120)
    go.click(lambda: context.go("customers", 7), outputs=context.navigator, **shell.READ)
    panels.view(
        panels.stack(
            *(panels.pill(word) for word in ("active", "cancelled", "low stock", "recorded", "closed"))
        )
    )


def _updates(context: shell.TabContext) -> None:
    grid = Grid([Column("number", "Number", "integer")], label="Numbers", row_key="number", elem_id="numbers")
    picker = Picker(label="Zone", search=lambda query: [PickerOption("1", f"One {query.scope}")])
    said = gr.Textbox("", label="Said")

    def wire(label: str, handler: Any, outputs: Any) -> None:
        gr.Button(label).click(handler, outputs=outputs, **shell.READ)

    def show() -> tuple[Any, Any]:
        return gr.update(visible=True, value=grid.table([{"number": 5}])), gr.update(visible=True)

    def opened(event: gr.EventData) -> str:
        return f"opened {event.key}"

    wire("Hide", lambda: (gr.update(visible=False), gr.update(visible=False)), [grid, picker])
    wire("Show", show, [grid, picker])
    wire("Set", lambda: PickerOption("9", "Nine"), picker)
    wire("Limit", lambda: picker.show(scope="north"), picker)
    picker.picked(lambda value: f"picked {value}", picker, said, **shell.READ)
    picker.cleared(lambda value: f"cleared {value}", picker, said, **shell.READ)
    grid.opened(opened, None, said, **shell.READ)
    context.on_select(lambda: grid.table([{"number": 1}, {"number": 2}]), outputs=grid)


def build() -> gr.Blocks:
    return shell.build(
        [
            shell.TabSpec("overview", "Overview", _overview),
            shell.TabSpec("customers", "Customers", _customers),
            shell.TabSpec("till", "Purchases", _till),
            shell.TabSpec("states", "States", _states),
            shell.TabSpec("updates", "Updates", _updates),
        ],
        identity="local \u00b7 admin",
    )


if __name__ == "__main__":
    listener = bind("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    serve(create_app(build()), listener)
