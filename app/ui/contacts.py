"""E-mail addresses and phones: read as people type them, and shown.

A phone is kept in E.164 (`+4940123456`, an extension behind it as ` ext. 12`) and shown with its groups. A phone of a
file that was never edited is kept and shown as it came.
"""

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from app.errors import InputError

_KEPT = re.compile(r"\+\d{4,15}( ext\. \d{1,20})?")
_LIKE = "a phone looks like +49 40 123456"
_WRONG_LENGTHS = {
    ValidationResult.TOO_SHORT: "it has too few digits",
    ValidationResult.TOO_LONG: "it has too many digits",
    ValidationResult.INVALID_LENGTH: "no phone there has so many digits",
    ValidationResult.INVALID_COUNTRY_CODE: "no country has that code",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "the area code is missing",
}


def email(text: str) -> str:
    """An address as it is kept; InputError, with what is wrong, where mail could not be sent to it."""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        reason = str(error).replace("email", "e-mail")
        raise InputError(f"An e-mail address looks like name@example.com. {reason}") from None


def phone(text: str, region: str | None) -> str:
    """A phone as it is kept; without its country's code it is one of `region`, a country code (ISO 3166).

    InputError, with what is wrong, where nobody could be called there.
    """
    try:
        number = phonenumbers.parse(text, region if region in phonenumbers.SUPPORTED_REGIONS else None)
    except NumberParseException as error:
        raise InputError(_unread(error, text)) from None
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible != ValidationResult.IS_POSSIBLE:
        raise InputError(f"{text[:40]} is no phone: {_WRONG_LENGTHS[possible]}; {_LIKE}.")
    return _kept(number)


def shown_phone(kept: str | None) -> str:
    """A phone as people read it."""
    if kept is None or not _KEPT.fullmatch(kept):
        return kept or ""
    try:
        return phonenumbers.format_number(phonenumbers.parse(kept), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return kept


def same_phones(kept: str | None) -> list[str]:
    """The digits of a phone in the ways in which files and people write it, with and without its country's code."""
    if kept is None:
        return []
    try:
        number = phonenumbers.parse(kept)
    except NumberParseException:
        return [digits] if (digits := re.sub(r"\D", "", kept)) else []
    number.extension = None
    international = _kept(number)[1:]
    forms = {
        international,
        f"00{international}",
        phonenumbers.national_significant_number(number),
        re.sub(r"\D", "", phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)),
    }
    return sorted(forms)


def _kept(number: PhoneNumber) -> str:
    written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{written} ext. {number.extension}" if number.extension else written


def _unread(error: NumberParseException, text: str) -> str:
    if error.error_type == NumberParseException.INVALID_COUNTRY_CODE and "+" not in text:
        return f"Begin the phone with + and the code of its country, or choose the country: {_LIKE}."
    if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
        return f"No country has the code that this phone begins with; {_LIKE}."
    if error.error_type == NumberParseException.TOO_LONG:
        return f"This phone has too many digits; {_LIKE}."
    return f"This is no phone; {_LIKE}."
