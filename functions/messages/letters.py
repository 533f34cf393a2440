"""Letters: their words are in `texts_<language>.json` beside this file, a paragraph an item, for text and HTML alike.

A paragraph whose values are not all known is left out, such as the one with the number of a parcel that has none.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Literal

from functions.common.model import Moment

Kind = Literal["order-accepted", "order-shipped", "order-cancelled", "payment-held", "welcome"]
LANGUAGES = ("en", "de")
"""The first is for everybody else."""
UNSUBSCRIBE = "{{amazonSESUnsubscribeUrl}}"
"""SES writes the link here (https://docs.aws.amazon.com/ses/latest/dg/sending-email-subscription-management.html)."""
# ISO 4217: currencies whose smallest unit is not a hundredth.
_DIGITS = {"BHD": 3, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "OMR": 3, "TND": 3, "VND": 0}
_DATES = {"en": "%Y-%m-%d %H:%M UTC", "de": "%d.%m.%Y %H:%M UTC"}


@dataclass(frozen=True)
class Letter:
    subject: str
    text: str
    html: str


def language(locale: str) -> str:
    """Language of letters to a customer with this locale, such as `de-AT`."""
    wanted = locale.partition("-")[0]
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


def money(minor: int, currency: str) -> str:
    digits = _DIGITS.get(currency, 2)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f} {currency}"


def moment(at: Moment, locale: str) -> str:
    return at.strftime(_DATES[language(locale)])


def write(
    kind: Kind,
    *,
    locale: str,
    name: str,
    store: str,
    link: str,
    values: Mapping[str, str],
    can_unsubscribe: bool = False,
) -> Letter:
    """
    Args:
        name: Given name of the customer, empty where it is not known.
        store: Name of the store.
        link: Where the customer sees more.
        values: What the paragraphs speak of.
        can_unsubscribe: It is an offer.
    """
    words = _words(language(locale))
    known = {**values, "name": name, "store": store}
    greeting = _filled(words["greeting_named" if name else "greeting"], known)
    told = [_filled(paragraph, known) for paragraph in words[kind]["text"] if _fits(paragraph, known)]
    closing = _filled(words["closing"], known)
    follow = words["see_store" if can_unsubscribe else "see_order"]
    links = [(follow, link), *([(words["unsubscribe"], UNSUBSCRIBE)] if can_unsubscribe else [])]
    paragraphs = [greeting, *told]
    text = "\n\n".join([*paragraphs, *(f"{label}: {url}" for label, url in links[:1]), closing])
    html = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    html += _anchor(*links[0]) + f"<p>{escape(closing)}</p>"
    for label, url in links[1:]:
        text += f"\n\n{label}: {url}"
        html += _anchor(label, url)
    subject = _filled(words[kind]["subject"], known)
    head = f'<meta charset="utf-8"><title>{escape(subject)}</title>'
    return Letter(
        subject=subject,
        text=f"{text}\n",
        html=f'<!doctype html><html lang="{language(locale)}"><head>{head}</head><body>{html}</body></html>',
    )


def _anchor(label: str, url: str) -> str:
    return f'<p><a href="{escape(url)}">{escape(label)}</a></p>'


def _filled(template: str, known: Mapping[str, str]) -> str:
    return Template(template).substitute(known)


def _fits(template: str, known: Mapping[str, str]) -> bool:
    return all(known.get(name) for name in Template(template).get_identifiers())


@cache
def _words(language: str) -> Mapping[str, Any]:
    return json.loads(Path(__file__).with_name(f"texts_{language}.json").read_text(encoding="utf-8"))
