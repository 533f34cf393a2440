"""What rules between settings read: by annotation, and of the type that the settings have."""

from collections.abc import Iterator
from inspect import get_annotations
from typing import Annotated, get_type_hints

import pytest
from pydantic import TypeAdapter

from settings.loader import parse
from settings.problems import Problem
from settings.relations import RULES
from settings.relations.relation import Reads, relation
from tests.stack_files import STACKS, stack_file
from tests.unit.settings.test_broken_stack_files import handed_over

BOUND = [rule for rule in RULES if any(hasattr(hint, "__metadata__") for hint in get_annotations(rule.check).values())]


def test_a_parameter_is_bound_to_what_its_annotation_reads() -> None:
    @relation
    def three_zones(
        profile: Annotated[str, Reads("environment.profile")], zones: Annotated[tuple[str, ...], Reads("network.zones")]
    ) -> Iterator[Problem]:
        yield Problem(("network", "zones"), profile, "three zones", ", ".join(zones))

    assert (three_zones.name, three_zones.reads) == ("three zones", ("environment.profile", "network.zones"))


def test_a_parameter_without_a_setting_is_refused() -> None:
    def three_zones(zones: tuple[str, ...]) -> Iterator[Problem]:
        yield Problem(("network", "zones"), "", "three zones", ", ".join(zones))

    with pytest.raises(TypeError, match="three_zones: each of zones must be annotated"):
        relation(three_zones)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("rule", BOUND, ids=[rule.name for rule in BOUND])
def test_settings_have_the_types_that_rules_expect(rule, stack: str) -> None:
    settings = parse(handed_over(stack_file(stack)), stack=stack)
    hints = get_type_hints(rule.check)
    del hints["return"]
    for path, hint in zip(rule.reads, hints.values(), strict=True):
        section, _, field = path.partition(".")
        if field:
            TypeAdapter(hint).validate_python(getattr(getattr(settings, section), field), strict=True)
