"""The addresses of documents: `/receipts/<store>-<order>`, the same with `.pdf`, and `/exports/...`.

Each is read in one transaction under the role of whoever asks, so nobody gets on paper what the screen would not show.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date
from functools import partial
from http import HTTPStatus
from itertools import chain, islice
from typing import IO, Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from psycopg import Connection

from app.console import SqlConsole
from app.documents import exports, figures, lists, receipt, receipt_page, receipt_pdf
from app.documents.lists import WholeList
from app.documents.tables import CSV_TYPE, XLSX_TYPE, Sheet, to_csv, to_xlsx
from app.errors import InputError, NotAllowedError, NotFoundError, StatementError, UnavailableError
from app.repositories.activity import ActivityFilter, ActivityRepository, BulkRead
from app.repositories.console import ConsoleRepository
from app.repositories.customers import CustomersRepository
from app.repositories.orders import OrderFilter, order_ids
from app.ui import figure_address, typed
from app.ui.failures import explained
from app.ui.insights import is_at_least
from app.workspace import Workspace
from db.console import Caller

_STATUS: dict[type[Exception], HTTPStatus] = {
    InputError: HTTPStatus.BAD_REQUEST,
    StatementError: HTTPStatus.BAD_REQUEST,
    NotAllowedError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}
# They name people and are of this moment: nothing between here and the browser keeps them.
_PRIVATE = {"Cache-Control": "no-store"}


def router(workspace: Workspace, console: SqlConsole | None = None) -> APIRouter:
    """The routes over a database; with a console, those to what was run in it."""
    routes = APIRouter()
    routes.include_router(_receipts(workspace))
    routes.include_router(_exports(workspace))
    if console:
        routes.include_router(_console_results(workspace, console))
    return routes


def _receipts(workspace: Workspace) -> APIRouter:
    routes = APIRouter()

    def read(request: Request, key: str) -> receipt.Receipt:
        store_id, order_id = order_ids(key)
        with workspace.transaction(request) as connection:
            return receipt.read(connection, store_id=store_id, order_id=order_id)

    @routes.get("/receipts/{key}.pdf")
    def receipt_as_pdf(request: Request, key: str) -> Response:
        def made() -> Response:
            found = read(request, key)
            return _file(receipt_pdf.pdf(found), "application/pdf", f"receipt-{found.order.order_number}.pdf")

        return _answered(request, made)

    @routes.get("/receipts/{key}")
    def receipt_as_page(request: Request, key: str) -> Response:
        def made() -> Response:
            shown = receipt_page.page(read(request, key), pdf_address=f"{key}.pdf")
            return HTMLResponse(shown, headers=_PRIVATE)

        return _answered(request, made)

    return routes


def _exports(workspace: Workspace) -> APIRouter:
    routes = APIRouter()

    def export(
        request: Request,
        name: str,
        kind: str,
        make: Callable[[Connection], Sequence[Sheet]],
        *,
        read: BulkRead | None,
        asked: dict[str, Any],
    ) -> Response:
        if kind not in ("csv", "xlsx"):
            raise NotFoundError
        with workspace.transaction(request) as connection:
            sheets = make(connection)
            if read:
                ActivityRepository(connection).note_bulk_read(
                    read, asked, row_count=sum(1 for _ in sheets[0].rows)
                )
        if kind == "csv":
            return _file(to_csv(sheets[0]), CSV_TYPE, f"{name}.csv")
        return _file(to_xlsx(sheets), XLSX_TYPE, f"{name}.xlsx")

    def whole(
        request: Request, kind: str, choose: Callable[[str], WholeList], *, read: BulkRead | None = None
    ) -> Response:
        listed = choose(f"?{request.url.query}")
        if read:
            with workspace.transaction(request) as connection:
                ActivityRepository(connection).note_bulk_read(
                    read, _told(request, "search", "city"), row_count=None
                )
        headers = _attached(f"{listed.name}.{kind}")

        def transaction() -> AbstractContextManager[Connection]:
            return workspace.transaction(request)

        if kind == "csv":
            parts = listed.csv(transaction)
            # What cannot be read is said before the file begins: its first rows are there already.
            first = [*islice(parts, 2)]
            return StreamingResponse(chain(first, parts), media_type=CSV_TYPE, headers=headers)
        if kind == "xlsx":
            return StreamingResponse(_sent(listed.xlsx(transaction)), media_type=XLSX_TYPE, headers=headers)
        raise NotFoundError

    @routes.get("/exports/customers.{kind}")
    def customers(request: Request, kind: str) -> Response:
        return _answered(request, lambda: whole(request, kind, lists.customers, read="customers"))

    @routes.get("/exports/products.{kind}")
    def products(request: Request, kind: str) -> Response:
        has_costs = is_at_least(workspace.actor(request).role, "crpm_manager")
        return _answered(request, lambda: whole(request, kind, partial(lists.products, has_costs=has_costs)))

    @routes.get("/exports/customers/{customer}.{kind}")
    def customer_history(request: Request, customer: str, kind: str) -> Response:
        def made() -> Response:
            number = _number(customer)
            return export(
                request,
                f"purchases-of-customer-{number}",
                kind,
                lambda connection: exports.customer_history(connection, customer_id=number),
                read="purchases",
                asked={"customer_id": number},
            )

        return _answered(request, made)

    @routes.get("/exports/customers/{customer}/all-held.json")
    def all_held(request: Request, customer: str) -> Response:
        def made() -> Response:
            number = _number(customer)
            with workspace.transaction(request) as connection:
                document = CustomersRepository(connection).all_held(customer_id=number)
                ActivityRepository(connection).note_bulk_read(
                    "all_held", {"customer_id": number}, row_count=None
                )
            return _file(document.encode(), "application/json", f"all-held-on-customer-{number}.json")

        return _answered(request, made)

    @routes.get("/exports/orders.{kind}")
    def orders(request: Request, kind: str) -> Response:
        def made() -> Response:
            wanted = _filter(request)
            is_descending = request.query_params.get("oldest") is None
            return export(
                request,
                "orders",
                kind,
                lambda connection: exports.orders(connection, wanted=wanted, is_descending=is_descending),
                read="orders",
                asked=_told(request, "text"),
            )

        return _answered(request, made)

    @routes.get("/exports/analytics/{question}.{kind}")
    def panel(request: Request, question: str, kind: str) -> Response:
        def made() -> Response:
            insight = figures.insight_for(question, workspace.actor(request).role)
            filters = figure_address.read(request.query_params)
            if kind == "png":
                with workspace.transaction(request) as connection:
                    return _file(
                        figures.picture(connection, insight, filters), "image/png", f"{question}.png"
                    )
            return export(
                request,
                question,
                kind,
                lambda connection: [figures.sheet(connection, insight, filters)],
                read="customers" if insight.opens == "customers" else None,
                asked=_told(request),
            )

        return _answered(request, made)

    @routes.get("/exports/activity.{kind}")
    def activity(request: Request, kind: str) -> Response:
        def made() -> Response:
            wanted = _activity_filter(request)
            return export(
                request,
                "activity",
                kind,
                lambda connection: exports.activity(connection, wanted=wanted),
                read="activity",
                asked=_told(request),
            )

        return _answered(request, made)

    @routes.get("/exports/rejects/{load}/{name}")
    def rejected_rows(request: Request, load: str, name: str) -> Response:
        def made() -> Response:
            with workspace.transaction(request) as connection:
                content = exports.rejected_rows(connection, load_id=_number(load), file_name=name)
                ActivityRepository(connection).note_bulk_read(
                    "rejects", {"load_id": _number(load), "file": name}, row_count=None
                )
            return _file(content, CSV_TYPE, name)

        return _answered(request, made)

    return routes


def _console_results(workspace: Workspace, console: SqlConsole) -> APIRouter:
    routes = APIRouter()

    @routes.get("/exports/console/{run}.csv")
    def console_result(request: Request, run: str) -> Response:
        def made() -> Response:
            with workspace.transaction(request) as connection:
                found = ConsoleRepository(connection).get_run(run_id=_number(run))
                ActivityRepository(connection).note_bulk_read(
                    "console_download", {"statement": found.statement}, row_count=None
                )
            caller = Caller(workspace.actor(request).user_name, f"download of {found.run_id}")
            parts = console.csv(found.statement, caller)
            # What PostgreSQL refuses is said before the file begins.
            headers = _attached(f"result-{found.run_id}.csv")
            return StreamingResponse(chain([next(parts)], parts), media_type=CSV_TYPE, headers=headers)

        return _answered(request, made)

    return routes


def _number(text: str) -> int:
    if not re.fullmatch("[0-9]{1,18}", text):
        raise NotFoundError
    return int(text)


def _told(request: Request, *of_people: str) -> dict[str, Any]:
    """The filters of an address for the record, without the words of those that may name a person."""
    asked = {name: value for name, value in request.query_params.items() if value}
    return {name: "some words" if name in of_people else value for name, value in asked.items()}


def _activity_filter(request: Request) -> ActivityFilter:
    """The filter of the list of what was done as its address says."""
    asked = request.query_params
    return ActivityFilter(
        from_on=typed.day(asked.get("from", ""), "From"),
        to_on=typed.day(asked.get("to", ""), "To"),
        acted_by=asked.get("who") or None,
        channel=asked.get("channel") or None,
        record_type=asked.get("what") or None,
        record_key=asked.get("key") or None,
    )


def _filter(request: Request) -> OrderFilter:
    """The filter of the list of orders as its address says."""
    asked = request.query_params

    def number(name: str) -> int | None:
        return _number(asked[name]) if asked.get(name) else None

    def day(name: str) -> date | None:
        return typed.day(asked.get(name, ""), name.capitalize())

    return OrderFilter(
        text=asked.get("text", ""),
        from_on=day("from"),
        to_on=day("to"),
        store_id=number("store"),
        customer_id=number("customer"),
        product_id=number("product"),
        status=asked.get("status") or None,
    )


def _answered(request: Request, make: Callable[[], Response]) -> Response:
    """The document, or a page that says why there is none."""
    try:
        return make()
    except Exception as error:
        status = _STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)
        shown = receipt_page.message_page(
            "There is no such document", explained(error), root=request.scope.get("root_path", "")
        )
        return HTMLResponse(shown, status, headers=_PRIVATE)


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while part := file.read(64 * 1024):
            yield part


def _file(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers=_attached(name))


def _attached(name: str) -> dict[str, str]:
    # Numbers of imported orders may have any character.
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}", **_PRIVATE}
