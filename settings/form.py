"""Forms of texts: a pattern for machines, and its words for people."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pydantic import Field

from settings.meant import nearest_word
from settings.problems import NOTHING, refuse

ONE_ENVIRONMENT = "x-one-environment"
"""Key of a type's JSON schema: such a value belongs to one environment, and environments may not share it. Its value
says what it is. Account ids, ARNs, addresses and URLs are told by their look."""
ANOTHER_ACCOUNT = "x-another-account"
"""Key of a type's JSON schema: such a value may name another account than the environment's, a `partner`'s or the one
of a `published` resource of AWS."""

IN_PLACE_OF_TEXT = "x-in-place-of-text"
"""Key of a section's JSON schema: the rule to tell where a file has text in place of the section."""


def form(
    pattern: str,
    words: str,
    *examples: Any,
    min_length: int | None = None,
    max_length: int | None = None,
    one_environment: str | None = None,
    another_account: str | None = None,
) -> Any:
    """The form of a text: a pattern for machines, and its words for messages and editors.

    Args:
        words: What has the form, with an article: it follows `must have the form of`.
        examples: Values to offer in a message; with a second one, what depends on the first is told apart.
        one_environment: Kind of thing that environments may not share.
        another_account: Whose account it may name.
    """
    return Field(
        pattern=pattern,
        min_length=min_length,
        max_length=max_length,
        examples=list(examples),
        # Editors show it in place of the pattern.
        json_schema_extra={
            "patternErrorMessage": words,
            **({ONE_ENVIRONMENT: one_environment} if one_environment else {}),
            **({ANOTHER_ACCOUNT: another_account} if another_account else {}),
        },
    )


def one_of(
    known: Collection[str], what: str, place: str, also: Mapping[str, str] | None = None
) -> Callable[[str], str]:
    """Validator of names that somebody else defines.

    Args:
        known: All of them.
        what: What they are, with an article.
        place: Module to which a new one is added.
        also: Other names that people use for some of them.
    """

    def check(given: str) -> str:
        if given in known:
            return given
        near = (also or {}).get(given) or nearest_word(given, known)
        raise refuse(
            f"must be {what}",
            fix="" if near else f"one that is newer than this program goes into {place}",
            write=near or NOTHING,
        )

    return check
