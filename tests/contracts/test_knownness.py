"""Previews: a value that is known must not become unknown because its neighbour in a list is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

COMPONENTS = Path(__file__).resolve().parents[2] / "components"
FILES = sorted(COMPONENTS.rglob("*.py"))


def _picks_or_copies(function: ast.expr) -> bool:
    """It copies a list, or takes elements of it by position."""
    if isinstance(function, ast.Name):
        return function.id in ("list", "tuple", "sorted", "set", "dict")
    if not isinstance(function, ast.Lambda) or not function.args.args:
        return False
    given = function.args.args[0].arg
    return any(
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == given
        and not (isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str))
        for node in ast.walk(function.body)
    )


def whole_lists(source: str) -> Iterator[int]:
    """Lines with an `apply` over a whole list. `Output[...]` and lists of outputs keep what is known."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "apply"
            and node.args
        ):
            waits = any(keyword.arg == "run_with_unknowns" for keyword in node.keywords)
            if not waits and _picks_or_copies(node.args[0]):
                yield node.lineno


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(COMPONENTS)))
def test_no_component_applies_over_a_whole_list(path: Path) -> None:
    assert list(whole_lists(path.read_text())) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("ids.apply(list)", [1]),
        ("ids.apply(lambda found: found[:3])", [1]),
        ("all_.apply(lambda known: known[0])", [1]),
        ("gateways.apply(lambda found: found[position].id)", [1]),
        ("option.apply(lambda option: option['name'])", []),
        ("ready.apply(lambda _: kept, run_with_unknowns=True)", []),
        ("arn.apply(lambda arn: arn or '')", []),
    ],
)
def test_such_a_call_is_found(source: str, found: list[int]) -> None:
    assert list(whole_lists(source)) == found
