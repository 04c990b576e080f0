"""Customers of the demo retailer: who they are, and how they buy."""

import random
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from loader.demo.period import Period
from loader.demo.places import City, Country, Places, Store

FIRST_KEY = 100_000
LETTERS_OF_POSTCODES = "ABEGHJLNPRSTWXYZ"
BOUGHT_BEFORE_THE_PERIOD = 0.25


@dataclass(frozen=True, slots=True)
class Habit:
    """How a kind of customer buys: `share` of all, orders a year, and mean days until they stay away."""

    share: float
    orders_per_year: float
    lifetime: int


HABITS = [
    Habit(share=0.11, orders_per_year=7.0, lifetime=2600),
    Habit(share=0.32, orders_per_year=2.6, lifetime=1300),
    Habit(share=0.37, orders_per_year=1.0, lifetime=1100),
    Habit(share=0.20, orders_per_year=0.05, lifetime=700),
]
NEVER_BUYS = 0.02


@dataclass(frozen=True, slots=True)
class Customer:
    """`joined` and `lapsed` are days of the period, negative before it; `home` is None without a shop near.

    `online` is the part of the orders placed online, `favorite` a category's number.
    """

    key: int
    gender: str
    name: str
    birthday: date
    country: Country
    city: City
    postcode: str
    home: Store | None
    online: float
    favorite: int
    joined: int
    lapsed: int
    orders_per_year: float


def make_customers(
    draw: random.Random, places: Places, *, period: Period, count: int, categories: int
) -> list[Customer]:
    """`count` customers in the order in which they joined, with rising keys."""
    names = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
    shares = [country.share for country in places.countries]
    joined = sorted(_joined(draw, period) for _ in range(count))
    key = FIRST_KEY
    customers = []
    for day, country in zip(joined, draw.choices(places.countries, shares, k=count), strict=True):
        key += draw.randint(1, 9)
        gender = draw.choice(["Female", "Female", "Female", "Male", "Male"])
        city = draw.choices(country.cities, [city.weight for city in country.cities])[0]
        home = _home_shop(draw, places.stores, country, city)
        habit = _habit(draw, day)
        buys = draw.random() >= NEVER_BUYS
        customers.append(
            Customer(
                key=key,
                gender=gender,
                name=_name(draw, names, country, gender),
                birthday=_birthday(draw, period.dates[max(day, 0)]),
                country=country,
                city=city,
                postcode=_postcode(draw, city.postcode),
                home=home,
                online=_online(draw, home, city),
                favorite=draw.randrange(categories),
                joined=day,
                lapsed=max(day, 0) + int(draw.expovariate(1 / habit.lifetime)),
                orders_per_year=habit.orders_per_year * draw.gammavariate(6, 1 / 6) if buys else 0.0,
            )
        )
    return customers


def _joined(draw: random.Random, period: Period) -> int:
    if draw.random() < BOUGHT_BEFORE_THE_PERIOD:
        return -draw.randint(1, 1500)
    return min(int(period.days * draw.random() ** 0.85), period.days - 1)


def _habit(draw: random.Random, joined: int) -> Habit:
    """Of those who joined before the period, the frequent buyers are the ones still to be seen in it."""
    frequency = [habit.orders_per_year if joined < 0 else 1 for habit in HABITS]
    return draw.choices(
        HABITS, [habit.share * often for habit, often in zip(HABITS, frequency, strict=True)]
    )[0]


def _name(draw: random.Random, names: dict[str, dict[str, list[str]]], country: Country, gender: str) -> str:
    language = draw.choices(list(country.names), list(country.names.values()))[0]
    return f"{draw.choice(names[language][gender.lower()])} {draw.choice(names[language]['family'])}"


def _birthday(draw: random.Random, joined: date) -> date:
    age = min(max(draw.gauss(44, 14), 18), 88)
    return joined - timedelta(days=int(age * 365.25) + draw.randrange(365))


def _postcode(draw: random.Random, pattern: str) -> str:
    """`#` becomes a digit, `%` one from 1 to 9, `@` a letter."""
    choices = {"#": "0123456789", "%": "123456789", "@": LETTERS_OF_POSTCODES}
    return "".join(draw.choice(choices.get(character, character)) for character in pattern)


def _home_shop(draw: random.Random, stores: list[Store], country: Country, city: City) -> Store | None:
    shops = [store for store in stores if store.country is country]
    near = [shop for shop in shops if shop.state == city.state] or shops
    return draw.choices(near, [shop.square_meters for shop in near])[0] if near else None


def _online(draw: random.Random, home: Store | None, city: City) -> float:
    if home is None:
        return 1.0
    return draw.betavariate(1.2, 7) if home.state == city.state else draw.betavariate(2, 3)
