"""The filters of the list of customers: what may be chosen, and how an address says it."""

from app.repositories.customers import SEGMENTS, CustomerFilter
from app.ui.listing import ListAddress

ACTIVITIES = [("Active", "active"), ("Inactive", "inactive"), ("All customers", "all")]
GENDERS = [
    ("Any gender", ""),
    ("Female", "female"),
    ("Male", "male"),
    ("Other", "other"),
    ("Not known", "not known"),
]
# Full years, from and below.
AGES = [
    ("Any age", ""),
    ("Under 20", "0-20"),
    *((f"{age}-{age + 9}", f"{age}-{age + 10}") for age in range(20, 60, 10)),
    ("60 and over", "60-"),
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


def wanted(
    text: str, activity: str, country: str, state: str, city: str, gender: str, age: str, segment: str
) -> CustomerFilter:
    """The filter as chosen, or as an address says it; what cannot be chosen finds nobody or is no filter."""
    from_age, _, below_age = age.partition("-") if age in dict(AGES).values() else ("", "", "")
    return CustomerFilter(
        text=text or "",
        country_code=country or None,
        state=state or None,
        city=city or "",
        gender=gender or None,
        from_age=int(from_age) if from_age else None,
        below_age=int(below_age) if below_age else None,
        segment=segment or None,
        is_active={"active": True, "inactive": False}.get(activity),
    )
