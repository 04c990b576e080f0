"""Countries, cities and stores of the demo retailer, read from places.toml."""

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from loader.demo.period import Period


@dataclass(frozen=True, slots=True)
class City:
    name: str
    state_code: str
    state: str
    postcode: str
    weight: int


@dataclass(frozen=True, slots=True)
class Country:
    """`names` weighs the lists of names.toml, `share` is the percentage of all customers."""

    name: str
    continent: str
    currency: str
    share: int
    closed_on_sunday: bool
    names: dict[str, int]
    cities: list[City]


@dataclass(frozen=True, slots=True)
class Store:
    """A shop, or the online shop: key 0 and no country."""

    key: int
    country: Country | None
    state: str
    square_meters: int
    opened: date


@dataclass(frozen=True, slots=True)
class Places:
    """A store's key is its place in `stores`; `rates` are units of a currency for one dollar."""

    countries: list[Country]
    stores: list[Store]
    rates: dict[str, float]


def read_places(period: Period) -> Places:
    data = tomllib.loads(Path(__file__).with_name("places.toml").read_text(encoding="utf-8"))
    countries = [
        Country(**{**country, "cities": [City(*city) for city in country["cities"]]})
        for country in data["countries"]
    ]
    by_name = {country.name: country for country in countries}
    first = period.dates[0]
    stores = [Store(0, None, "Online", 0, date(first.year - 6, 3, 1))]
    for key, shop in enumerate(data["stores"], start=1):
        year, month = divmod(first.year * 12 + first.month - 1 + shop["opened"], 12)
        opened = date(year, month + 1, 1 + key * 5 % 28)
        stores.append(Store(key, by_name[shop["country"]], shop["state"], shop["square_meters"], opened))
    return Places(countries=countries, stores=stores, rates=data["rates"])
