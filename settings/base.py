"""What all sections of a stack file have in common."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from settings.problems import Refusal

RULES_LATER = {"rules": "later"}
"""Validation context in which models do not hold their own rules: the loader asks for them, to tell all at once."""

SectionRule = Callable[[Any], Iterator[Refusal]]


def section_rule(check: SectionRule) -> SectionRule:
    """Make the method a rule between fields of its section; it yields what `refuse` makes of each that is broken.

    It runs only when the fields are valid by themselves, whatever else is wrong.
    """
    check.is_section_rule = True  # pyright: ignore[reportFunctionMemberAccess]
    return check


class Section(BaseModel):
    """One section of a stack file: immutable, strict about types, closed to unknown keys.

    A docstring under a field becomes its description in `docs/settings.md` and in the JSON schema.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)

    def broken_rules(self) -> Iterator[Refusal]:
        """What breaks the section's own rules; those of sections in it are theirs."""
        for name in _rules(type(self)):
            yield from getattr(self, name)()

    @model_validator(mode="after")
    def _keeps_its_rules(self, info: ValidationInfo) -> Self:
        if info.context != RULES_LATER:
            for refusal in self.broken_rules():
                raise refusal
        return self

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        others = cls.__pydantic_decorators__.model_validators.keys() - {"_keeps_its_rules"}
        if others:
            names = ", ".join(sorted(others))
            raise TypeError(f"{cls.__name__}: {names} must be a @section_rule, so that all rules are told at once")


@cache
def _rules(section: type[Section]) -> tuple[str, ...]:
    """Names of the rules of a class, inherited ones first."""
    found = [(name, value) for owner in reversed(section.__mro__) for name, value in vars(owner).items()]
    return tuple(dict.fromkeys(name for name, value in found if hasattr(value, "is_section_rule")))
