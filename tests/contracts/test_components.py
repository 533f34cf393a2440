"""What every component class promises; a new class is covered by being there."""

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pulumi
import pytest

import components
from components.base import StoreComponent
from tests.mocks import record

PROJECT = Path(__file__).resolve().parents[2]
FROZEN = Path(__file__).with_name("component_types.txt")


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(components.__path__, "components."):
        yield importlib.import_module(found.name)


def _classes() -> dict[str, type[StoreComponent]]:
    found: dict[str, type[StoreComponent]] = {}
    for module in _modules():
        for name, value in vars(module).items():
            if not (inspect.isclass(value) and issubclass(value, StoreComponent)):
                continue
            if value.__module__ == module.__name__ and value is not StoreComponent:
                found[name] = value
    return found


CLASSES = _classes()


def test_type_tokens_are_frozen_because_a_change_replaces_everything_inside() -> None:
    now = sorted(cls.TYPE for cls in CLASSES.values())
    frozen = FROZEN.read_text().split()
    gone, new = sorted(set(frozen) - set(now)), sorted(set(now) - set(frozen))
    assert not gone, (
        f"{gone} left {FROZEN.name}: an existing stack would replace what is inside; give the class an alias"
    )
    assert not new, f"add {new} to {FROZEN.name}"
    assert len(set(now)) == len(now), "two classes with one token"


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_type_token_names_tier_and_class(name: str) -> None:
    cls = CLASSES[name]
    assert re.fullmatch(rf"webstore:[a-z][a-z-]*:{name}", cls.TYPE)
    if cls.__module__.startswith("components.blocks."):
        assert cls.TYPE.startswith("webstore:blocks:")


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_class_says_what_it_is(name: str) -> None:
    assert len((CLASSES[name].__doc__ or "").strip()) > 20


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_outputs_are_declared_with_types_that_other_boxes_can_rely_on(name: str) -> None:
    for output, annotation in inspect.get_annotations(CLASSES[name]).items():
        assert not output.startswith("_"), f"{output} is registered as an output of the component"
        assert annotation is not pulumi.Output, f"{output}: say Output of what"


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_constructor_takes_its_arguments_by_keyword(name: str) -> None:
    parameters = list(inspect.signature(CLASSES[name].__init__).parameters.values())[2:]
    by_position = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert set(by_position) <= {"args", "opts"}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_constructor_publishes_last_and_keeps_the_callers_options_from_children(name: str) -> None:
    source = inspect.getsource(CLASSES[name])
    (cls,) = [node for node in ast.parse(textwrap.dedent(source)).body if isinstance(node, ast.ClassDef)]
    (constructor,) = [node for node in cls.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
    assert ast.unparse(constructor.body[-1]) == "self._publish()"
    calls = [node for node in ast.walk(cls) if isinstance(node, ast.Call)]
    passed_on = [
        ast.unparse(call.func)
        for call in calls
        for keyword in call.keywords
        if keyword.arg == "opts" and ast.unparse(keyword.value) == "opts"
    ]
    assert not passed_on, f"{passed_on}: the caller's parent would win over this component"


def test_no_component_reads_configuration_exports_or_asks_another_stack() -> None:
    forbidden = ("pulumi.Config", "pulumi.export", "StackReference", "pulumi.runtime")
    for path in (PROJECT / "components").rglob("*.py"):
        text = path.read_text()
        assert not [word for word in forbidden if word in text], path.relative_to(PROJECT)


def test_no_component_decides_by_the_name_or_profile_of_the_environment() -> None:
    for path in (PROJECT / "components").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare | ast.Match):
                words = ast.unparse(node.left if isinstance(node, ast.Compare) else node.subject)
                assert not re.search(r"\b(environment|settings)\.(name|profile)\b", words), (path.name, node.lineno)


def test_an_output_that_is_declared_but_never_set_is_an_error_of_the_author() -> None:
    class Forgetful(StoreComponent):
        """Declares more than it sets."""

        TYPE = "webstore:test:Forgetful"
        vpc_id: pulumi.Output[str]

        def __init__(self) -> None:
            super().__init__("forgetful")
            self._publish()

    with pytest.raises(AttributeError, match="Forgetful declares vpc_id but never sets it"):
        record(Forgetful)
