"""What people type into the form of a customer, read strictly."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from app.errors import InputError
from app.repositories.customers import CustomerDetails
from app.ui import typed

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
    "consent_source": "How consent was given",
    "notes": "Notes",
}
_LONGEST = {"name": 200, "notes": 10_000}
_LONGEST_OTHER = 320
_EARLIEST_BIRTH = date(1900, 1, 1)
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


def details(values: Mapping[str, Any]) -> CustomerDetails:
    """The customer that was typed; InputError with the first problem where there is one."""
    for problem in problems(values).values():
        raise InputError(problem)
    read: dict[str, Any] = {name: _text(name, values) or None for name in LABELS}
    read["birth_date"] = typed.day(_text("birth_date", values), LABELS["birth_date"])
    read["has_marketing_consent"] = values["has_marketing_consent"] is True
    return CustomerDetails(**read)


def problems(values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong, by the name of the field; nothing where it may be saved."""
    found = {name: _problem_of_text(name, _text(name, values)) for name in LABELS}
    found["name"] = found["name"] or _problem_of_name(_text("name", values))
    found["email"] = found["email"] or _problem_of_email(_text("email", values))
    found["birth_date"] = found["birth_date"] or _problem_of_birth_date(_text("birth_date", values))
    return {name: problem for name, problem in found.items() if problem}


def _text(name: str, values: Mapping[str, Any]) -> str:
    value = values[name]
    text = value if isinstance(value, str) else ""
    return text.strip() if name == "notes" else " ".join(text.split())


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


def _problem_of_email(text: str) -> str:
    return "" if not text or _EMAIL.fullmatch(text) else "An e-mail address looks like name@example.com."


def _problem_of_birth_date(text: str) -> str:
    try:
        day = typed.day(text, LABELS["birth_date"])
    except InputError as error:
        return str(error)
    if day and day < _EARLIEST_BIRTH:
        return "A birth date is not before 1900."
    if day and day > datetime.now(UTC).date():
        return "A birth date is not in the future."
    return ""
