"""A customer's own profile, addresses and consents."""

import re
from collections.abc import Mapping

from services.web.models import Profile, read
from services.web.store_api import NotFoundError
from services.web.visit import Visit

PURPOSES = ("marketing_email", "marketing_sms", "profiling")
"""Of `ConsentChange`."""
_NEVER_ASKED = "none"
ADDRESS_FIELDS = {
    "name": 128,
    "line_1": 128,
    "line_2": 128,
    "postal_code": 16,
    "city": 128,
    "region": 64,
    "country": 2,
}
"""Longest value of each."""
_OPTIONAL = ("line_2", "region")
_COUNTRY = re.compile(r"[A-Z]{2}")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_SPACES = re.compile(r"[\s()./-]+")


async def profile(visit: Visit) -> Profile | None:
    """None if there is none (any more): the account outlives an erased profile for a moment.

    Raises:
        ApiError, MustSignInError: as `Visit.call`.
    """
    try:
        return read(Profile, (await visit.call("GET", "/customers/me")).body)
    except NotFoundError:
        return None


async def must_be_asked(visit: Visit) -> bool:
    """Whether the customer was never asked about consents: the user pool does not ask; errors as `profile`."""
    found = await profile(visit)
    if found is None:
        return False
    given = [found.consents.get(purpose) for purpose in PURPOSES]
    return any(consent is None or consent.policy_version == _NEVER_ASKED for consent in given)


def address_of(visit: Visit) -> tuple[dict[str, str], dict[str, str]]:
    """The address of a form, and by field what is wrong with it."""
    address = {name: visit.field(name) for name in ADDRESS_FIELDS}
    address["country"] = address["country"].upper()
    wrong: dict[str, str] = {}
    for name, longest in ADDRESS_FIELDS.items():
        if not address[name] and name not in _OPTIONAL:
            wrong[name] = visit.t("wrong.missing", field=visit.t(f"address.{name}"))
        elif len(address[name]) > longest:
            wrong[name] = visit.t("wrong.long", field=visit.t(f"address.{name}"), most=longest)
    if "country" not in wrong and not _COUNTRY.fullmatch(address["country"]):
        wrong["country"] = visit.t("wrong.country")
    return address, wrong


def filled(address: Mapping[str, str]) -> dict[str, str]:
    """The address as the API takes it: without what is empty."""
    return {name: value for name, value in address.items() if value}


def phone_of(visit: Visit) -> tuple[str, str | None]:
    """The phone number of a form in E.164, and what is wrong with it."""
    number = _SPACES.sub("", visit.field("phone_number"))
    if number.startswith("00"):
        number = f"+{number[2:]}"
    return (number, None) if not number or _PHONE.fullmatch(number) else (number, visit.t("wrong.phone"))
