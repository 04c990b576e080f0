"""What people type into the form of a customer, read strictly."""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from app.errors import InputError
from app.repositories.customers import Customer, CustomerDetails
from app.ui import contacts, typed

# In the order of the form.
LABELS = {
    "name": "Name",
    "email": "E-mail",
    "phone": "Phone",
    "gender": "Gender",
    "birth_date": "Birth date",
    "street": "Street",
    "city": "City",
    "state_code": "State code",
    "state": "State",
    "postal_code": "Postal code",
    "country_code": "Country",
    "has_marketing_consent": "Marketing consent",
    "consent_changed_on": "Since",
    "consent_source": "How consent was given",
    "notes": "Notes",
}
_LONGEST = {"name": 200, "notes": 10_000}
_LONGEST_OTHER = 320


def opened_with(customer: Customer | None, region: str | None) -> dict[str, str | None]:
    """What a form begins with, for reading it: e-mail and phone as they are kept, and the country of the stores."""
    email, phone = (customer.email, customer.phone) if customer else (None, None)
    return {"email": email, "phone": phone, "region": region}


def details(values: Mapping[str, Any], opened: Mapping[str, Any] | None) -> CustomerDetails:
    """The customer that was typed into a form opened with `opened`; InputError with the first problem, if any.

    An e-mail or phone that was left as it was stays as it is kept, whatever it looks like.
    """
    for problem in problems(values, opened).values():
        raise InputError(problem)
    read: dict[str, Any] = {name: _text(name, values) or None for name in LABELS}
    read["email"] = _email(values, opened)
    read["phone"] = _phone(values, opened)
    read["birth_date"] = typed.day(_text("birth_date", values), LABELS["birth_date"])
    read["consent_changed_on"] = typed.day(_text("consent_changed_on", values), "The day of consent")
    read["has_marketing_consent"] = values["has_marketing_consent"] is True
    return CustomerDetails(**read)


def problems(values: Mapping[str, Any], opened: Mapping[str, Any] | None) -> dict[str, str]:
    """What is wrong, by the name of the field; nothing where it may be saved."""
    found = {name: _problem_of_text(name, _text(name, values)) for name in LABELS}
    found["name"] = found["name"] or _problem_of_name(_text("name", values))
    found["email"] = found["email"] or _problem_of(_email, values, opened)
    found["phone"] = found["phone"] or _problem_of(_phone, values, opened)
    for name, called in (("birth_date", LABELS["birth_date"]), ("consent_changed_on", "The day of consent")):
        found[name] = found[name] or _problem_of_day(_text(name, values), called)
    return {name: problem for name, problem in found.items() if problem}


def _text(name: str, values: Mapping[str, Any]) -> str:
    value = values[name]
    text = value if isinstance(value, str) else ""
    return text.strip() if name == "notes" else _squeezed(text)


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _problem_of_text(name: str, text: str) -> str:
    longest = _LONGEST.get(name, _LONGEST_OTHER)
    if len(text) > longest:
        return f"{LABELS[name]} has at most {longest:,} characters; these are {len(text):,}."
    # Control characters and halves of characters: nobody types them, and neither screens nor files take them well.
    if any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t" for character in text):
        return f"{LABELS[name]} contains a character that cannot be shown."
    return ""


def _problem_of_name(text: str) -> str:
    is_visible = any(unicodedata.category(character)[0] in "LNPS" for character in text)
    return "" if is_visible else "A customer needs a name."


def _email(values: Mapping[str, Any], opened: Mapping[str, Any] | None) -> str | None:
    text, kept = _text("email", values), (opened or {}).get("email")
    return kept if text == _squeezed(kept or "") else contacts.email(text) if text else None


def _phone(values: Mapping[str, Any], opened: Mapping[str, Any] | None) -> str | None:
    text, kept = _text("phone", values), (opened or {}).get("phone")
    if text == _squeezed(contacts.shown_phone(kept)):
        return kept
    region = _text("country_code", values) or (opened or {}).get("region")
    return contacts.phone(text, region) if text else None


def _problem_of(
    reading: Callable[[Mapping[str, Any], Mapping[str, Any] | None], str | None],
    values: Mapping[str, Any],
    opened: Mapping[str, Any] | None,
) -> str:
    try:
        reading(values, opened)
    except InputError as error:
        return str(error)
    return ""


def _problem_of_day(text: str, called: str) -> str:
    try:
        day = typed.day(text, called)
    except InputError as error:
        return str(error)
    if day and day > datetime.now(UTC).date():
        return f"{called} is not in the future."
    return ""
