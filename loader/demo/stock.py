"""What the demo retailer has on hand on the morning after the last day."""

import numpy as np

from loader.demo.catalogue import Product
from loader.demo.period import Period
from loader.demo.sales import Sales

SOLD_OUT = 0.015
RUNNING_LOW = 0.07
COSTLY_CENTS = 100_00
SOLD_OUT_WHEN_WITHDRAWN = 0.6


def count_stock(
    rng: np.random.Generator, period: Period, sales: Sales, products: list[Product], *, stores: int
) -> list[tuple[int, int, int]]:
    """Rows of store, product and pieces: each pair that has sold, and every product in the online shop."""
    store = sales.store[sales.line_order]
    recent = sales.day[sales.line_order] >= period.days - 365
    sold = np.zeros((stores, len(products)), dtype=np.int64)
    last_year = np.zeros_like(sold)
    np.add.at(sold, (store, sales.line_product), sales.line_quantity)
    np.add.at(last_year, (store[recent], sales.line_product[recent]), sales.line_quantity[recent])

    is_costly = np.array([product.price_cents >= COSTLY_CENTS for product in products])
    shelf = np.where(is_costly, rng.integers(6, 10, sold.shape), rng.integers(8, 17, sold.shape))
    shelf[0] *= 2
    pieces = shelf + np.round(last_year / 12 * rng.uniform(1.0, 3.0, sold.shape)).astype(np.int64)
    fate = rng.random(sold.shape)
    pieces = np.where(fate < RUNNING_LOW, rng.integers(1, 5, sold.shape), pieces)
    pieces[fate < SOLD_OUT] = 0
    withdrawn = np.array([product.withdrawn < period.months for product in products])
    remainders = np.where(fate < SOLD_OUT_WHEN_WITHDRAWN, 0, rng.integers(1, 5, sold.shape))
    pieces = np.where(withdrawn, remainders, pieces)

    carried = sold > 0
    carried[0] = True
    return [
        (int(shop), products[product].key, int(pieces[shop, product]))
        for shop, product in zip(*np.nonzero(carried), strict=True)
    ]
