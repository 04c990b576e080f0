"""Orders and order lines of the demo retailer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loader.demo.catalogue import Product
from loader.demo.customers import Customer
from loader.demo.footfall import footfall
from loader.demo.period import Period
from loader.demo.places import Places

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

FIRST_ORDER_NUMBER = 500_000
DAYS_TO_FIRST_ORDER = 21
LINES_PER_ORDER = [0.40, 0.27, 0.18, 0.10, 0.05]
FAVORITE_CATEGORY = 0.35
SAME_CATEGORY = 0.45
BULK_LINES = 0.002
ANY = -1


@dataclass(frozen=True, slots=True)
class Sales:
    """Orders by column, in order of day, then their lines by column.

    `customer` and `line_product` are positions in the lists given, `store` is the store's key, `day` and
    `delivered` are days of the period; `delivered` is -1 in a shop, and while a parcel is on its way.
    """

    number: Integers
    customer: Integers
    store: Integers
    day: Integers
    delivered: Integers
    currency: list[str]
    line_order: Integers
    line_number: Integers
    line_product: Integers
    line_quantity: Integers


@dataclass(frozen=True, slots=True)
class Demand:
    """Demand added up over the products, a row a month, and where in a row each category begins and ends."""

    running: Floats
    edges: Integers


def make_sales(
    rng: np.random.Generator,
    period: Period,
    places: Places,
    customers: list[Customer],
    products: list[Product],
) -> Sales:
    """What the customers bought where and when; who never bought is in no order."""
    customer, store, day = _orders(rng, period, places, customers)
    favorite = np.array([buyer.favorite for buyer in customers])[customer]
    line_order, line_product = _lines(rng, period.month_of_day[day], favorite, _demand(period, products))
    starts = np.flatnonzero(np.diff(line_order, prepend=-1))
    return Sales(
        number=FIRST_ORDER_NUMBER + np.cumsum(rng.integers(2, 6, len(day))),
        customer=customer,
        store=store,
        day=day,
        delivered=_delivered(rng, period, store, day),
        currency=[
            (places.stores[at].country or customers[who].country).currency
            for at, who in zip(store.tolist(), customer.tolist(), strict=True)
        ],
        line_order=line_order,
        line_number=np.arange(len(line_order)) - starts[line_order] + 1,
        line_product=line_product,
        line_quantity=_quantities(rng, line_product, products),
    )


def _orders(
    rng: np.random.Generator, period: Period, places: Places, customers: list[Customer]
) -> tuple[Integers, Integers, Integers]:
    """Customer, store and day of each order, by day.

    Orders fall on a store's days in proportion to its footfall, at the customer's own rate, between the
    day on which the customer joined and the day on which they lapsed.
    """
    traffic = np.array(
        [np.concatenate(([0], np.cumsum(footfall(rng, period, store)))) for store in places.stores]
    )
    habit = _store_shares(places, customers)
    joined = np.array([customer.joined for customer in customers])
    first = np.clip(joined, 0, period.days)
    last = np.clip([customer.lapsed for customer in customers], 0, period.days)
    rate = np.array([customer.orders_per_year for customer in customers]) / 365.25
    expected = habit * rate * np.maximum(traffic[:, last] - traffic[:, first], 0)
    counts = rng.poisson(expected)

    # Whoever joined in the period did so with a first order, in a store that was open then.
    newcomers = np.flatnonzero((joined >= 0) & (rate > 0))
    soon = np.minimum(first + DAYS_TO_FIRST_ORDER, period.days)
    chances = np.cumsum(habit * (traffic[:, soon] - traffic[:, first]), axis=0)[:, newcomers]
    first_store = (chances < rng.random(len(newcomers)) * chances[-1]).sum(axis=0)

    buyers, stores, days = [], [], []
    for store, footsteps in enumerate(traffic):
        regular = np.repeat(np.arange(len(customers)), counts[store])
        new = newcomers[first_store == store]
        who = np.concatenate((regular, new))
        until = np.concatenate((last[regular], soon[new]))
        low, high = footsteps[first[who]], footsteps[until]
        days.append(np.searchsorted(footsteps, _between(rng, low, high), side="right") - 1)
        buyers.append(who)
        stores.append(np.full(len(who), store))
    day = np.concatenate(days)
    by_day = np.lexsort((rng.random(len(day)), day))
    return np.concatenate(buyers)[by_day], np.concatenate(stores)[by_day], day[by_day]


def _between(rng: np.random.Generator, low: Floats, high: Floats) -> Floats:
    """A number from `low` to just below `high`, for each."""
    drawn = low + rng.random(len(low)) * (high - low)
    return np.minimum(drawn, np.nextafter(high, low))


def _store_shares(places: Places, customers: list[Customer]) -> Floats:
    """How much of a customer's buying is done in each store: most online and at home, a little on the way."""
    shares = np.zeros((len(places.stores), len(customers)))
    for position, customer in enumerate(customers):
        offline = 1 - customer.online
        shares[0, position] = customer.online
        if customer.home is None:
            continue
        for shop in places.stores[1:]:
            shares[shop.key, position] = offline * (0.02 if shop.country is customer.country else 0.0005)
        shares[customer.home.key, position] = offline * 0.93
    return shares


def _demand(period: Period, products: list[Product]) -> Demand:
    popularity = np.array([product.popularity for product in products])
    season = np.array([product.season for product in products])
    launched = np.array([product.launched for product in products])
    withdrawn = np.array([product.withdrawn for product in products])
    category = np.array([int(product.category_key) for product in products])
    edges = np.concatenate(([0], np.flatnonzero(np.diff(category)) + 1, [len(category)]))
    running = np.zeros((period.months, len(products) + 1))
    for month in range(period.months):
        on_sale = (launched <= month) & (month < withdrawn)
        running[month, 1:] = np.cumsum(popularity * season[:, period.calendar_month(month)] * on_sale)
    return Demand(running=running, edges=edges)


def _lines(
    rng: np.random.Generator, month: Integers, favorite: Integers, demand: Demand
) -> tuple[Integers, Integers]:
    """Order and product of each line: no product twice in an order.

    The first line leans to the customer's favorite category, the others to the category of the first.
    """
    extra = rng.choice(len(LINES_PER_ORDER), size=len(month), p=LINES_PER_ORDER)
    orders = np.arange(len(month))
    wanted = np.where(rng.random(len(month)) < FAVORITE_CATEGORY, favorite, ANY)
    first = _products(rng, month, wanted, demand)
    more = np.repeat(orders, extra)
    same = np.searchsorted(demand.edges, first[more], side="right") - 1
    wanted = np.where(rng.random(len(more)) < SAME_CATEGORY, same, ANY)
    order = np.concatenate((orders, more))
    product = np.concatenate((first, _products(rng, month[more], wanted, demand)))
    _, once = np.unique(order * demand.edges[-1] + product, return_index=True)
    once = once[np.lexsort((once, order[once]))]
    return order[once], product[once]


def _products(rng: np.random.Generator, month: Integers, category: Integers, demand: Demand) -> Integers:
    """A product for each month and category (or ANY), drawn by demand."""
    product = np.empty(len(month), dtype=np.int64)
    for number, running in enumerate(demand.running):
        here = np.flatnonzero(month == number)
        wanted = category[here]
        low = np.where(wanted == ANY, 0, running[demand.edges[wanted]])
        high = np.where(wanted == ANY, running[-1], running[demand.edges[wanted + 1]])
        product[here] = np.searchsorted(running, _between(rng, low, high), side="right") - 1
    return product


def _delivered(rng: np.random.Generator, period: Period, store: Integers, day: Integers) -> Integers:
    """Two days and more after the order, longer before Christmas."""
    december = np.array([date.month == 12 for date in period.dates])[day]
    arrived = day + 2 + rng.poisson(2.0 + 1.2 * december)
    return np.where((store == 0) & (arrived < period.days), arrived, -1)


def _quantities(rng: np.random.Generator, line_product: Integers, products: list[Product]) -> Integers:
    """Mostly one; a few businesses buy a boxful of the things that people buy several of."""
    extra = np.array([product.extra_pieces for product in products])[line_product]
    boxful = (rng.random(len(extra)) < BULK_LINES) & (extra > 0.2)
    return 1 + rng.poisson(extra) + np.where(boxful, rng.integers(5, 25, len(extra)), 0)
