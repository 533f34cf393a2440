"""What a customer looks for: the words, and the filters beside them, in the page's address."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

_CATEGORY_LENGTH = 128
_SUM = re.compile(r"(\d{1,9})(?:[.,](\d{1,2}))?")


@dataclass(frozen=True)
class Search:
    """As the form has it; sums are those of a currency with two digits, and what is no sum filters nothing."""

    words: str
    category: str = ""
    price_from: str = ""
    price_to: str = ""
    in_stock: bool = False
    cursor: str = ""

    @classmethod
    def of(cls, words: str, given: Callable[[str], str]) -> Self:
        return cls(
            words=words,
            category=given("category")[:_CATEGORY_LENGTH],
            price_from=given("from") if _minor(given("from")) is not None else "",
            price_to=given("to") if _minor(given("to")) is not None else "",
            in_stock=given("in_stock") == "yes",
            cursor=given("cursor"),
        )

    @property
    def query(self) -> dict[str, str]:
        """Parameters of the API."""
        sums = {"price_from": _minor(self.price_from), "price_to": _minor(self.price_to)}
        return {
            "q": self.words,
            **({"category": self.category} if self.category else {}),
            **{name: str(minor) for name, minor in sums.items() if minor is not None},
            **({"in_stock": "true"} if self.in_stock else {}),
            **({"cursor": self.cursor} if self.cursor else {}),
        }

    @property
    def is_filtered(self) -> bool:
        return bool(self.category or self.price_from or self.price_to or self.in_stock)

    def page(self, changes: Mapping[str, str]) -> str:
        """Query of this page's address with other values; empty ones are left out."""
        given = {
            "q": self.words,
            "category": self.category,
            "from": self.price_from,
            "to": self.price_to,
            "in_stock": "yes" if self.in_stock else "",
            **changes,
        }
        return urlencode({name: value for name, value in given.items() if value})


def _minor(text: str) -> int | None:
    found = _SUM.fullmatch(text)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else None
