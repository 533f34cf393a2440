"""Asks the provider about resource types and writes down its answers in the form of `provider.json`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import grpc

from offline.facts.renew import names
from offline.facts.renew.answers import limits_of, without_values
from offline.facts.renew.bridge import Bridge, BridgeLostError, Failure
from offline.facts.renew.questions import Path, Questions
from offline.schema import schema_of

_MOST_CONDITIONS = 6
# Types whose minimal resource is refused before anything else is judged.
_STARTS: Mapping[str, Mapping[str, Any]] = {
    "aws:index/dynamodbTable:DynamodbTable": {
        "name": "aaaa",
        "billingMode": "PAY_PER_REQUEST",
        "hashKey": "aaaa",
        "attributes": [{"name": "aaaa", "type": "S"}],
    },
}


def harvest(
    start: Callable[[], Bridge], tokens: Iterable[str], known: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The record of each type that the provider has, as it is finished.

    Args:
        start: starts a bridge; called again when the provider crashes over a question.
        tokens: types of pulumi_aws.
        known: their Terraform types, as far as recorded before.
    """
    bridge = start()
    try:
        schema = bridge.schema()
        questions = Questions(schema["types"])
        for token, asked in names.type_names(tokens, schema["resources"], known).items():
            inquiry = Inquiry(bridge, asked, schema["resources"][asked], questions)
            record = inquiry.record(token)
            if inquiry.is_lost:
                bridge.__exit__(None, None, None)
                bridge = start()
            yield token, record
    finally:
        bridge.__exit__(None, None, None)


class Inquiry:
    """All questions about one resource type."""

    def __init__(self, bridge: Bridge, token: str, resource: Mapping[str, Any], questions: Questions) -> None:
        self._bridge, self._token, self._questions = bridge, token, questions
        self._inputs = {name: item for name, item in resource["inputProperties"].items() if name != "timeouts"}
        self._base = {**questions.minimal(resource), **_STARTS.get(token, {})}
        self._conditions: list[str] = []
        self.is_lost = False

    def record(self, token: str) -> dict[str, Any]:
        """The facts in pulumi_aws's names."""
        schema = schema_of(token)
        inputs, outputs = names.inputs_of(schema), names.outputs_of(schema)
        unknown, filled = self._preview()
        replaced = [inputs[names.plain(name)] for name in self._replaced() if names.plain(name) in inputs]
        rules = {names.translated(schema, path): limits for path, limits in self._rules().items()}
        record = {
            "terraform": names.terraform_name(self._token),
            "replaceOnChange": sorted(set(replaced)),
            "computed": sorted({outputs[names.plain(name)] for name in unknown if names.plain(name) in outputs}),
            "defaults": {
                outputs[names.plain(name)]: value for name, value in filled.items() if names.plain(name) in outputs
            },
            "rules": {path: limits for path, limits in rules.items() if path is not None},
        }
        return record | ({"conditions": self._conditions[:_MOST_CONDITIONS]} if self._conditions else {})

    def _preview(self) -> tuple[frozenset[str], dict[str, Any]]:
        answer = self._asked("create", lambda: self._bridge.preview(self._token, self._base))
        unknown, known = answer or (frozenset(), {})
        empty = (None, "", [], {})
        return unknown, {k: v for k, v in known.items() if k not in self._base and v not in empty}

    def _replaced(self) -> Iterator[str]:
        for name, schema in self._inputs.items():
            old, new = ({**self._base, name: self._questions.value(schema, variant), "id": "x-1"} for variant in (0, 1))
            paths = self._asked(f"diff {name}", lambda old=old, new=new: self._bridge.replaces(self._token, old, new))
            if any(path == name or path.startswith((f"{name}[", f"{name}.")) for path in paths or ()):
                yield name

    def _rules(self) -> dict[str, dict[str, Any]]:
        found: dict[tuple[str, Path], dict[str, Any]] = {}
        for name, schema in self._inputs.items():
            for path, value in self._questions.nonsense(schema):
                limits_of(_leaf(name, path), name, self._failures(name, value), found.setdefault((name, path), {}))
        for (name, path), limits in found.items():
            if self.takes_any_case(name, path, limits.get("enum", ())):
                limits["anyCase"] = True
        return {_written(*place): limits for place, limits in found.items() if limits}

    def takes_any_case(self, name: str, path: Path, enum: Iterable[str]) -> bool:
        """Whether a value of an enum may be written in other case."""
        other = next((value.swapcase() for value in enum if value.swapcase() not in (value, *enum)), None)
        if other is None or self.is_lost:
            return False
        failures: dict[str, Any] = {}
        value = self._questions.built(self._inputs[name], path, other)
        limits_of(_leaf(name, path), name, self._failures(name, value), failures)
        return not failures and not self.is_lost

    def _failures(self, name: str, value: Any) -> Iterable[Failure]:
        return self._asked("", lambda: self._bridge.check(self._token, {**self._base, name: value})) or ()

    def _asked(self, question: str, ask: Callable[[], Any]) -> Any:
        """The answer; None when the provider refused (noted as a condition, if the question has a name) or crashed."""
        if self.is_lost:
            return None
        try:
            return ask()
        except BridgeLostError:
            self.is_lost = True
        except grpc.RpcError as error:
            words = without_values(str(error.details() or ""))
            if question and "timeouts" not in words:
                self._conditions.append(f"{question}: {words}".replace("\t", " ").strip()[:300])
        return None


def _written(name: str, path: Path) -> str:
    return ".".join((name, *path)).replace(".[]", "[]")


def _leaf(name: str, path: Path) -> str:
    """The name that the provider gives a leaf: that of the list, for an element of a list of scalars."""
    return next((step for step in reversed(path) if step != "[]"), name)
