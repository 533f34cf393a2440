"""What every component class promises; a new class is covered by being there."""

import ast
import dataclasses
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
from components.foundation import Foundation
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
            # A class without a token is what several components have in common.
            if value.__module__ == module.__name__ and "TYPE" in vars(value):
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
    cls = CLASSES[name]
    types = {label: hint for base in reversed(cls.__mro__) for label, hint in inspect.get_annotations(base).items()}
    for output in cls.OUTPUTS:
        assert output in types, f"{output} is registered without a type"
        assert types[output] is not pulumi.Output, f"{output}: say Output of what"
    assert len(set(cls.OUTPUTS)) == len(cls.OUTPUTS)


def _is_block(cls: type[StoreComponent]) -> bool:
    return cls.__module__.startswith("components.blocks.")


def _is_box(name: str) -> bool:
    """`__main__.py` makes it."""
    return f" {name}(" in (PROJECT / "__main__.py").read_text() or f"\n{name}(" in (PROJECT / "__main__.py").read_text()


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_block_takes_its_args_and_everything_else_keywords(name: str) -> None:
    cls = CLASSES[name]
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    labels = [parameter.name for parameter in parameters]
    by_position = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert labels[0] == "name"
    assert labels[-1] == "opts", "the caller's options come last"
    if _is_block(cls):
        assert labels == by_position == ["name", "args", "opts"]
        # One Args may serve several blocks: `WebAclArgs` those of each scope.
        assert f"{name}Args".endswith(parameters[1].annotation.__name__)
        assert dataclasses.fields(parameters[1].annotation)
        assert parameters[1].annotation.__dataclass_params__.frozen
    else:
        assert by_position == ["name"]


# They make what the foundation is made of.
_BEFORE_THE_FOUNDATION = {"Store", "Encryption", "Observability"}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_box_is_given_the_foundation_and_its_parts_have_it_from_the_box(name: str) -> None:
    parameters = inspect.signature(CLASSES[name].__init__).parameters
    if not _is_box(name):
        assert "foundation" not in parameters
    elif name not in _BEFORE_THE_FOUNDATION:
        assert parameters["foundation"].annotation is Foundation
    hauled = {
        "environment",
        "alarm_topic_arn",
        "edge_alarm_topic_arn",
        "logs_key_arn",
        "secrets_key_arn",
        "edge_key_arn",
    }
    assert name in _BEFORE_THE_FOUNDATION or not hauled & parameters.keys(), "the foundation has them"


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_constructor_publishes_last_and_keeps_the_callers_options_from_children(name: str) -> None:
    source = inspect.getsource(CLASSES[name])
    (cls,) = [node for node in ast.parse(textwrap.dedent(source)).body if isinstance(node, ast.ClassDef)]
    (constructor,) = [node for node in cls.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
    assert ast.unparse(constructor.body[-1]) == "self._publish()"
    calls = [node for node in ast.walk(constructor) if isinstance(node, ast.Call)]
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


def test_an_output_that_is_named_but_never_set_is_an_error_of_the_author() -> None:
    class Forgetful(StoreComponent):
        """Names more than it sets."""

        TYPE = "webstore:test:Forgetful"
        OUTPUTS = ("vpc_id",)
        vpc_id: pulumi.Output[str]

        def __init__(self) -> None:
            super().__init__("forgetful")
            self._publish()

    with pytest.raises(AttributeError, match="Forgetful must set vpc_id before `_publish`: OUTPUTS names it"):
        record(Forgetful)


def test_an_attribute_that_is_not_named_stays_out_of_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    class Discreet(StoreComponent):
        """Keeps a secret to itself."""

        TYPE = "webstore:test:Discreet"
        OUTPUTS = ("name",)
        name: str
        password: str

        def __init__(self) -> None:
            super().__init__("discreet")
            self.name, self.password = "me", "hunter2"
            self._publish()

    registered: list[dict[str, object]] = []
    monkeypatch.setattr(Discreet, "register_outputs", lambda _, outputs: registered.append(outputs))
    record(Discreet)
    assert registered == [{"name": "me"}]


def test_a_component_without_a_foundation_says_how_to_give_it_one() -> None:
    class Alone(StoreComponent):
        """Neither a box nor inside one."""

        TYPE = "webstore:test:Alone"

        def __init__(self) -> None:
            super().__init__("alone")
            self.foundation.topic_arn()

    with pytest.raises(AttributeError, match="alone must get `foundation`, or a box as its parent"):
        record(Alone)
