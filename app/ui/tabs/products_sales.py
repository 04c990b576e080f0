"""How one product sells: by month, at which prices, and with what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import gradio as gr
from psycopg import Connection

from app.repositories.products import ListPrice, Product, ProductsRepository
from app.ui import charts, panels
from app.ui import format as written


@dataclass(frozen=True, slots=True)
class ProductSales:
    """The charts, and what is bought together."""

    months: gr.LinePlot
    priced: gr.Column
    prices: gr.LinePlot
    together: gr.HTML

    @property
    def outputs(self) -> list[Any]:
        return [self.months, self.priced, self.prices, self.together]


def place() -> ProductSales:
    """Create the components."""
    with gr.Row(elem_id="product-sales"):
        with gr.Column(scale=4, min_width=320):
            months = charts.line(
                "Revenue by month, 24 months", x="month", y="revenue", elem_id="product-months"
            )
        with gr.Column(scale=4, min_width=320, visible=False) as priced:
            prices = charts.line(
                "List price over time",
                x="day",
                y="price",
                color="currency",
                elem_id="product-price-chart",
            )
        with gr.Column(scale=3, min_width=300):
            together = panels.view(elem_id="product-together")
    return ProductSales(months, priced, prices, together)


def read(sales: ProductSales, connection: Connection, product: Product) -> list[Any]:
    """New values for the components' outputs."""
    repository = ProductsRepository(connection)
    months = repository.sales_by_month(product_id=product.product_id)
    others = repository.bought_together(product_id=product.product_id)
    ranking = panels.ranking(
        (panels.link(row.name, "products", row.product_id), written.percent(row.share), row.share)
        for row in others
    )
    history = repository.list_prices(product_id=product.product_id, limit=50)
    nothing = panels.empty_state("Nothing yet", "No other product was in two orders with this one.")
    return [
        charts.draw(sales.months, months),
        # A price that has never changed makes no chart.
        gr.update(visible=any(change.previous_price is not None for change in history)),
        charts.draw(sales.prices, price_steps(history)),
        panels.section(
            "Often bought together",
            ranking if others else nothing,
            hint="share of its orders" if others else "",
        ),
    ]


def price_steps(changes: Sequence[ListPrice]) -> list[dict[str, Any]]:
    """The points of a line that stays level until the next price, for each currency; `changes` has the latest first."""
    points: list[dict[str, Any]] = []
    until: dict[str, datetime] = {}
    for change in changes:
        currency, day = change.currency_code, change.valid_from
        ends = until.get(currency, max(datetime.now(UTC), day))
        points += [
            {"day": at.replace(tzinfo=None), "price": change.unit_price, "currency": currency}
            for at in (ends, day)
        ]
        until[currency] = day
    return points[::-1]
