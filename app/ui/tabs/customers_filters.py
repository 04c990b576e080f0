"""The filters of the list of customers: what may be chosen, and how an address says it."""

from datetime import date

from app.repositories.customers import SEGMENTS, CustomerFilter
from app.ui import format as written
from app.ui.listing import ListAddress

_UNKNOWN = "unknown"
ACTIVITIES = [("Active", "active"), ("Inactive", "inactive"), ("All customers", "all")]
GENDERS = [
    ("Any gender", ""),
    ("Female", "female"),
    ("Male", "male"),
    ("Other", "other"),
    ("Not known", "not known"),
]
# Full years, from and below. An address may name a day, as 20-30@2024-12-31; else it is today.
AGES = [
    ("Any age", ""),
    ("Under 20", "0-20"),
    *((f"{age}-{age + 9}", f"{age}-{age + 10}") for age in range(20, 60, 10)),
    ("60 and over", "60-"),
    ("Not known", _UNKNOWN),
]
SEGMENTS_OFFERED = [("Any segment", ""), *((name, name) for name in SEGMENTS)]
ADDRESS = ListAddress(
    {
        "search": "",
        "status": "active",
        "country": "",
        "state": "",
        "city": "",
        "gender": "",
        "age": "",
        "segment": "",
    },
    sort="name",
    sorts=("name", "city", "country"),
)


def ages(chosen: str) -> list[tuple[str, str]]:
    """What is offered where this age is chosen: those of today, and the one chosen where it is of another day."""
    band, on_day = _age(chosen)
    if not on_day:
        return AGES
    name = next(name for name, value in AGES if value == band)
    return [*AGES, (f"{name} on {written.date(on_day)}", chosen)]


def _age(text: str) -> tuple[str, date | None]:
    band, _, day = text.partition("@")
    if band not in dict(AGES).values():
        return "", None
    try:
        return band, date.fromisoformat(day) if day and band not in ("", _UNKNOWN) else None
    except ValueError:
        return "", None


def wanted(
    text: str, activity: str, country: str, state: str, city: str, gender: str, age: str, segment: str
) -> CustomerFilter:
    """The filter as chosen, or as an address says it; what cannot be chosen finds nobody or is no filter."""
    band, age_on = _age(age or "")
    from_age, _, below_age = ("", "", "") if band == _UNKNOWN else band.partition("-")
    return CustomerFilter(
        text=text or "",
        country_code=country or None,
        state=state or None,
        city=city or "",
        gender=gender or None,
        from_age=int(from_age or 0) or None,
        below_age=int(below_age or 0) or None,
        age_on=age_on,
        has_birth_date=False if band == _UNKNOWN else None,
        segment=segment or None,
        is_active={"active": True, "inactive": False}.get(activity),
    )
