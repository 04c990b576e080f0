"""The card of one product: what it is, sells and costs, its stock, its history, and what may be done."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import gradio as gr
from psycopg import Connection

from app.errors import CrpmError
from app.repositories.products import (
    RECENT_DAYS,
    Product,
    ProductFigures,
    ProductProfit,
    ProductsRepository,
    days_of_cover,
    margin_of,
)
from app.repositories.stock import StockRepository, StockTotal
from app.ui import format as written
from app.ui import panels, shell
from app.ui.failures import explained
from app.ui.handlers import guarded
from app.ui.insights import is_at_least
from app.ui.tabs import products_changes, products_sales, products_stock
from app.ui.tabs.products_sales import ProductSales
from app.ui.tabs.products_stock import ProductStock
from app.workspace import Workspace
from db.pool import Role

_CHANGES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class ProductCard:
    """The components of the card, and the product that it shows."""

    column: gr.Column
    product: gr.State
    head: gr.HTML
    edit: gr.Button
    toggle: gr.Button
    delete: gr.Button
    question: gr.Column
    asked: gr.HTML
    delete_now: gr.Button
    deactivate_instead: gr.Button
    keep: gr.Button
    figures: gr.HTML
    body: gr.Column
    facts: gr.HTML
    stock: ProductStock
    sales: ProductSales
    prices: gr.HTML
    costs: gr.HTML
    changes: gr.HTML

    @property
    def outputs(self) -> list[Any]:
        return [
            self.product,
            self.head,
            self.edit,
            self.toggle,
            self.delete,
            self.question,
            self.figures,
            self.body,
            self.facts,
            self.prices,
            self.costs,
            self.changes,
            *self.sales.outputs,
            *self.stock.outputs,
        ]


def place() -> ProductCard:
    """Create the components."""
    with gr.Column(visible=False, elem_id="product-card") as column:
        with gr.Row():
            with gr.Column(scale=5, min_width=300):
                head = panels.view(elem_id="product-head")
            edit = gr.Button("Edit", scale=0, min_width=90, visible=False, elem_id="product-edit")
            toggle = gr.Button("Deactivate", scale=0, min_width=120, visible=False, elem_id="product-toggle")
            delete = gr.Button("Delete", scale=0, min_width=90, visible=False, elem_id="product-delete")
        with gr.Column(visible=False, elem_classes="card", elem_id="product-question") as question:
            asked = panels.view()
            with gr.Row():
                delete_now = gr.Button("Delete for good", variant="stop", scale=0, min_width=150)
                deactivate = gr.Button("Deactivate instead", scale=0, min_width=170)
                keep = gr.Button("Keep as it is", scale=0, min_width=130, elem_classes="closes")
        figures = panels.view(elem_id="product-figures")
        with gr.Column(visible=False) as body:
            with gr.Row():
                with gr.Column(scale=3, min_width=320):
                    facts = panels.view(elem_id="product-facts")
                    move = products_stock.place_move()
                with gr.Column(scale=2, min_width=320):
                    levels = products_stock.place_levels()
            sales = products_sales.place()
            ledger = products_stock.place_ledger()
            with gr.Row():
                with gr.Column(min_width=280):
                    prices = panels.view(elem_id="product-prices")
                with gr.Column(min_width=280):
                    costs = panels.view(elem_id="product-costs")
                with gr.Column(min_width=280):
                    changes = panels.view(elem_id="product-changes")
    stock = ProductStock(levels, move, ledger)
    return ProductCard(
        column,
        gr.State(None),
        head,
        edit,
        toggle,
        delete,
        question,
        asked,
        delete_now,
        deactivate,
        keep,
        figures,
        body,
        facts,
        stock,
        sales,
        prices,
        costs,
        changes,
    )


def wire(workspace: Workspace, card: ProductCard, context: shell.TabContext) -> None:
    """Connect the components."""

    @guarded
    def toggle(product: Product, request: gr.Request) -> list[Any]:
        with workspace.transaction(request) as connection:
            ProductsRepository(connection).set_active(
                product_id=product.product_id, is_active=not product.is_active
            )
        return read(workspace, card, product.product_id, request)

    def delete(product: Product, request: gr.Request) -> tuple[Any, Any]:
        try:
            with workspace.transaction(request) as connection:
                ProductsRepository(connection).delete(
                    product_id=product.product_id, row_version=product.row_version
                )
        except Exception as error:
            return panels.notice(explained(error), "bad"), None
        gr.Info("The product is deleted.")
        return "", context.go("products")

    @guarded
    def book(
        product: Product,
        action: str,
        store: int | None,
        to_store: int | None,
        pieces: str,
        why: str,
        request: gr.Request,
    ) -> list[Any]:
        told = products_stock.book(
            workspace, request, product.product_id, action, store, to_store, pieces, why
        )
        gr.Info(told)
        return read(workspace, card, product.product_id, request)

    def ask(product: Product, request: gr.Request) -> list[Any]:
        return question(workspace, product, request)

    card.edit.click(
        lambda product: context.go("products", f"{product.product_id}-edit"),
        card.product,
        context.navigator,
        **shell.READ,
    )
    card.delete.click(
        ask, card.product, [card.question, card.asked, card.delete_now, card.deactivate_instead], **shell.READ
    )
    card.keep.click(lambda: gr.update(visible=False), None, card.question, **shell.READ)
    for button in (card.toggle, card.deactivate_instead):
        button.click(toggle, card.product, card.outputs, **shell.SAVE)
    card.delete_now.click(delete, card.product, [card.asked, context.navigator], **shell.SAVE)
    products_stock.wire(workspace, card.stock, card.product)
    move = card.stock.move
    gr.on(
        [move.book.click, move.pieces.submit, move.why.submit],
        book,
        [card.product, *move.inputs],
        card.outputs,
        **shell.SAVE,
    )


def question(workspace: Workspace, product: Product, request: gr.Request | None) -> list[Any]:
    """What is asked before a product is deleted: whether it is meant, or what may be done instead, and why."""
    shown, hidden = gr.update(visible=True), gr.update(visible=False)
    try:
        with workspace.transaction(request) as connection:
            has_history = ProductsRepository(connection).has_history(product_id=product.product_id)
    except CrpmError as error:
        return [shown, panels.notice(error, "bad"), hidden, hidden]
    if not has_history:
        text = "Delete this product for good, with its prices and barcodes? This cannot be undone."
        return [shown, panels.notice(text, "warn"), shown, hidden]
    text = "This product has been sold or has had stock, which every figure counts, so it cannot be deleted."
    if product.is_active:
        text += " Deactivate it instead: its history stays, and it is no longer offered at the till."
    return [shown, panels.notice(text, "warn"), hidden, gr.update(visible=product.is_active)]


def read(workspace: Workspace, card: ProductCard, product_id: int, request: gr.Request | None) -> list[Any]:
    """New values for the card's outputs."""
    role = workspace.actor(request).role
    is_manager = is_at_least(role, "crpm_manager")
    hidden = gr.update(visible=False)
    try:
        with workspace.transaction(request) as connection:
            repository = ProductsRepository(connection)
            product = repository.get(product_id=product_id)
            cost = repository.costs(product_ids=[product_id]).get(product_id) if is_manager else None
            profit = repository.profit(product_id=product_id) if is_manager else None
            kpis = _kpis(
                product,
                cost,
                profit,
                repository.figures(product_id=product_id),
                StockRepository(connection).total(product_id=product_id),
            )
            histories = _histories(connection, product, role)
            sales = products_sales.read(card.sales, connection, product)
            stock = products_stock.read(card.stock, connection, product_id, role)
    except Exception as error:
        failed = panels.stack(
            panels.heading("Product", back="products"),
            panels.error_state("The product cannot be shown", explained(error)),
        )
        rest = [gr.skip()] * (4 + len(card.sales.outputs) + len(card.stock.outputs))
        return [None, failed, hidden, hidden, hidden, hidden, "", hidden, *rest]
    return [
        product,
        panels.heading(
            product.name,
            detail=f"{product.sku} \u00b7 {product.category} / {product.subcategory}",
            status="active" if product.is_active else "inactive",
            back="products",
        ),
        gr.update(visible=is_manager),
        gr.update(visible=is_manager, value="Deactivate" if product.is_active else "Activate"),
        gr.update(visible=is_manager),
        hidden,
        panels.kpi_strip(kpis),
        gr.update(visible=True),
        panels.section("Details", panels.definition_list(_facts(product))),
        *histories,
        *sales,
        *stock,
    ]


def _histories(connection: Connection, product: Product, role: Role) -> list[Any]:
    """The histories of price, cost and record with who changed them; the last two are for managers."""
    if role == "crpm_analyst":
        return ["", "", ""]
    repository, limit = ProductsRepository(connection), _CHANGES_SHOWN
    prices = products_changes.prices(repository.price_history(product_id=product.product_id, limit=limit))
    shown_prices = (
        panels.timeline(prices)
        if prices
        else panels.empty_state("No price yet", "Without one it cannot be sold.")
    )
    shown = [panels.section("Price history", shown_prices)]
    if not is_at_least(role, "crpm_manager"):
        return [*shown, "", ""]
    costs = products_changes.costs(
        repository.cost_history(product_id=product.product_id, limit=limit), product.currency_code
    )
    called = products_changes.names(repository.categories(), repository.tax_classes())
    changes = products_changes.timeline(
        product, repository.changes(product_id=product.product_id, limit=limit), called
    )
    nothing = panels.empty_state("No cost yet", "Without one there is no margin.")
    return [
        *shown,
        panels.section("Cost history", panels.timeline(costs) if costs else nothing),
        panels.section("Changes of this record", panels.timeline(changes)),
    ]


def _kpis(
    product: Product,
    cost: Decimal | None,
    profit: ProductProfit | None,
    figures: ProductFigures,
    stock: StockTotal,
) -> list[panels.Kpi]:
    price, currency = product.unit_price, product.currency_code
    margin = margin_of(price, cost)
    kpis = [
        panels.Kpi(
            "Price",
            written.money(price, currency),
            hint=f"since {written.date(product.priced_at)}" if product.priced_at else "",
        )
    ]
    if profit:
        kpis.append(
            panels.Kpi(
                "Cost",
                written.money(cost, currency),
                hint=f"margin {written.percent(margin)}" if margin is not None else "",
                tone="bad" if margin is not None and margin < 0 else "neutral",
            )
        )
    return [
        *kpis,
        panels.Kpi(
            "On hand",
            written.integer(stock.on_hand),
            hint=_places(stock),
            tone="warn" if stock.stores_to_reorder else "neutral",
        ),
        panels.Kpi("Days of cover", _cover(stock, figures), hint=f"at the pace of the last {RECENT_DAYS}"),
        panels.Kpi(
            f"Sold in {RECENT_DAYS} days",
            written.integer(figures.recent_units),
            hint=f"{written.integer(figures.units)} in all",
        ),
        panels.Kpi(
            f"Revenue in {RECENT_DAYS} days",
            written.money(figures.recent_revenue, currency),
            hint=f"{written.money(figures.revenue, currency)} in all",
        ),
        *([_earned(profit, currency)] if profit else []),
    ]


def _earned(profit: ProductProfit, currency: str | None) -> panels.Kpi:
    return panels.Kpi(
        f"Profit in {RECENT_DAYS} days",
        written.money(profit.gross_profit, currency),
        hint=f"margin {written.percent(profit.margin)}" if profit.margin is not None else "",
        tone="bad" if profit.gross_profit < 0 else "neutral",
    )


def _places(stock: StockTotal) -> str:
    if stock.stores_to_reorder:
        return f"time to reorder at {_stores(stock.stores_to_reorder)}"
    return f"at {_stores(stock.stores)}" if stock.stores else ""


def _stores(count: int) -> str:
    return "1 store" if count == 1 else f"{written.integer(count)} stores"


def _cover(stock: StockTotal, figures: ProductFigures) -> str:
    days = days_of_cover(on_hand=stock.on_hand, recent_units=figures.recent_units)
    return written.MISSING if days is None else written.integer(days)


def _facts(product: Product) -> list[tuple[str, object]]:
    file = f"{product.file_name}, line {product.source_line}" if product.file_name else None
    return [
        ("SKU", product.sku),
        ("Barcodes", ", ".join(product.barcodes)),
        ("Brand", product.brand),
        ("Color", product.color),
        ("Category", product.category),
        ("Subcategory", product.subcategory),
        ("Tax class", product.tax_class),
        ("Reorder point", written.integer(product.reorder_point)),
        ("Added", written.date(product.created_at)),
        ("From file", file),
    ]
