"""Good and bad programs for the pages of the rules, from the cases of the tests."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from policies.library.judge import Judge
from policies.library.resources import STACK_TYPE, Resource
from policies.library.rules import REGISTRY, Rule
from policies.library.values import UNKNOWN, leaves, python_name
from tests.policies.cases import CASES
from tests.policies.support import CULPRIT

ELSEWHERE: Final = "other"
"""In examples, any resource of the program that is not shown."""
_WIDTH: Final = 120
"""The line length of this project, so that the formatter does not change the examples."""
_TOKEN: Final = re.compile(r"aws:(?P<module>[^/]+)/[^:]+:(?P<member>\w+)$")
_CAMEL: Final = re.compile(r"[a-z][a-zA-Z0-9]*$")
# The program chooses their keys.
_MAPS: Final = frozenset({"tags", "variables", "stageVariables", "requestParameters", "parameters"})
# Outputs of AWS: an example refers to them, and does not set them.
_DECIDED: Final = frozenset({"arn", "id", "url", "bucketRegionalDomainName", "bucketDomainName", "dnsName"})
_DISTRIBUTION: Final = "aws:cloudfront/distribution:Distribution"
_ALSO_DECIDED: Final = {_DISTRIBUTION: {"domainName"}, "aws:efs/fileSystem:FileSystem": {"name"}}
_OWN_ARN: Final = frozenset({"aws:sns/topicPolicy:TopicPolicy", "aws:cloudwatch/eventTarget:EventTarget"})
_OUTPUTS: Final = {
    ("aws:apigatewayv2/api:Api", "domain_name"): "api_endpoint",
    (_DISTRIBUTION, "name"): "domain_name",
    ("aws:lb/loadBalancer:LoadBalancer", "domain_name"): "dns_name",
}


class _Code(str):
    """A Python expression, as opposed to a text."""

    __slots__ = ()


class _Document(NamedTuple):
    """A JSON document, and the function that makes it."""

    function: str
    content: Any


@dataclass(frozen=True)
class Example:
    label: str
    """The label of the case."""
    code: str
    says: str = ""
    """The problem texts of the rule."""


def example(rule: Rule, *, good: bool) -> Example | None:
    """The simplest case of a rule; rules about packs, and rules that need settings first, have none."""
    if rule.name not in CASES:
        return None
    cases = CASES[rule.name].good if good else CASES[rule.name].bad
    if not cases:
        return None
    shown = {label: program for label, program in cases.items() if all(map(_is_shown, program)) and program}
    label, program = next(iter((shown or cases).items()))
    return Example(label, _program(program), "" if good else _says(rule, program))


def _is_shown(resource: Resource) -> bool:
    return bool(_TOKEN.match(resource.type)) and not resource.parent and not resource.provider


def _says(rule: Rule, program: Sequence[Resource]) -> str:
    judge = Judge({rule.name: REGISTRY[rule.name]})
    found = [finding for resource in program for finding in judge.resource(resource)]
    (finding,) = [*found, *judge.stack(program)]
    told = finding.message.partition("\nWhy: ")[0].partition(": ")[2]
    return " ".join(told.split()).replace(CULPRIT, "example")


def _program(program: Sequence[Resource]) -> str:
    held = {resource.urn: resource for resource in program if resource.type != STACK_TYPE}
    used = {urn for resource in held.values() for urn in resource.dependencies if urn in held}
    used |= {owner.urn for resource in held.values() for owner, _ in _by_text(resource, held).values()}
    names = _variables([held[urn] for urn in held if urn in used])
    calls = [_call(resource, held, names) for resource in _ordered(held, used)]
    whole = "\n".join(calls)
    imports = [
        line
        for word, line in (
            ("json.", "import json\n"),
            ("pulumi.", "import pulumi"),
            ("aws.", "import pulumi_aws as aws"),
        )
        if re.search(rf"(?<![\w.]){re.escape(word)}", whole)
    ]
    return "\n".join(imports) + "\n\n" + whole


def _variables(resources: Sequence[Resource]) -> dict[str, str]:
    """URN -> name of a variable; equal names get their type as a suffix."""
    names = [re.sub(r"\W", "_", _name(resource)) for resource in resources]
    return {
        resource.urn: name if names.count(name) == 1 else f"{name}_{python_name(resource.kind.rpartition('/')[2])}"
        for resource, name in zip(resources, names, strict=True)
    }


def _ordered(held: dict[str, Resource], used: set[str]) -> Iterator[Resource]:
    """Resources in the order of their references."""
    waiting, done = list(held.values()), set[str]()
    while waiting:
        for resource in waiting:
            needs = {urn for urn in resource.dependencies if urn in held}
            needs |= {owner.urn for owner, _ in _by_text(resource, held).values()}
            if needs - {resource.urn} <= done:
                break
        else:
            resource = waiting[0]
        waiting.remove(resource)
        done.add(resource.urn)
        yield resource
    assert used <= done


def _by_text(resource: Resource, held: dict[str, Resource]) -> dict[str, tuple[Resource, str]]:
    """Texts in the inputs that are outputs of another resource, with owner and property."""
    decided = {
        value: (owner, key)
        for owner in held.values()
        for key in _decided(owner)
        if owner is not resource and isinstance(value := owner.props.get(key), str)
    }
    texts = {value for _, value in leaves(_inputs(resource)) if isinstance(value, str)}
    texts |= {value for text in texts for _, value in leaves(_parsed(text)) if isinstance(value, str)}
    return {text: decided[text] for text in texts & decided.keys()}


def _parsed(text: str) -> Any:
    """A JSON document, else nothing."""
    try:
        return json.loads(text) if text[:1] in ("{", "[") else None
    except ValueError:
        return None


def _decided(resource: Resource) -> frozenset[str]:
    return (_DECIDED | _ALSO_DECIDED.get(resource.type, set())) - ({"arn"} if resource.type in _OWN_ARN else set())


def _inputs(resource: Resource) -> dict[str, Any]:
    props = dict(resource.props)
    if "tagsAll" in props:
        props["tags"] = props.pop("tagsAll")
    return {key: value for key, value in props.items() if key not in _decided(resource) and value is not None}


def _call(resource: Resource, held: dict[str, Resource], names: dict[str, str]) -> str:
    match = _TOKEN.match(resource.type)
    assert match, resource.type
    module = "lambda_" if match["module"] == "lambda" else match["module"]
    texts = {
        text: _Code(f"{names[owner.urn]}.{python_name(key)}") for text, (owner, key) in _by_text(resource, held).items()
    }
    arguments: list[tuple[str, Any]] = []
    for key, value in _inputs(resource).items():
        referred = [held[urn] for urn in resource.property_dependencies.get(key, ()) if urn in held]
        arguments.append((python_name(key), _expression(key, value, iter(referred), names, texts)))
    options = [*(["protect=True"] if resource.protect else [])]
    if resource.ignore_changes:
        options.append(f"ignore_changes={json.dumps(resource.ignore_changes)}")
    if options:
        arguments.append(("opts", _Code(f"pulumi.ResourceOptions({', '.join(options)})")))
    head = f"{names[resource.urn]} = " if resource.urn in names else ""
    head += f"aws.{module}.{match['member']}"
    parts = [_text(_name(resource), 1), *(f"{name}={_text(value, 1, len(name) + 1)}" for name, value in arguments)]
    return head + _joined("(", parts, ")", 0, len(head))


def _name(resource: Resource) -> str:
    return "example" if resource.name == CULPRIT else resource.name


def _expression(
    key: str, value: Any, referred: Iterator[Resource], names: dict[str, str], texts: dict[str, _Code]
) -> Any:
    """The value with references for outputs, and with Python's spelling of keys."""
    if value is UNKNOWN:
        owner = next(referred, None)
        output = _attribute(key)
        if owner is None:
            return _Code(f"{ELSEWHERE}.{output}")
        return _Code(f"{names[owner.urn]}.{_OUTPUTS.get((owner.type, output), output)}")
    if isinstance(value, str):
        return texts.get(value) or _document(value, texts)
    if isinstance(value, list):
        return [_expression(key, item, referred, names, texts) for item in value]
    if isinstance(value, dict):
        own = key in _MAPS
        return {
            name if own or not _CAMEL.match(name) else python_name(name): _expression(
                name, item, referred, names, texts
            )
            for name, item in value.items()
        }
    return value


def _attribute(key: str) -> str:
    """Which output of another resource a property takes."""
    name = python_name(key)
    if name.endswith(("arn", "arns", "destination", "actions")):
        return "arn"
    if name.endswith(("policy", "document")):
        return "json"
    for ending in ("domain_name", "url", "name"):
        if name.endswith(ending):
            return ending
    return "name" if name in ("function", "repository", "log_group") else "id"


def _document(text: str, texts: dict[str, _Code]) -> Any:
    """A text, or the call that makes it where it is a JSON document."""
    parsed = _parsed(text)
    if parsed is None:
        return text

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(item) for key, item in value.items()}
        return [filled(item) for item in value] if isinstance(value, list) else texts.get(value, value)

    known = not any(value in texts for _, value in leaves(parsed) if isinstance(value, str))
    return _Document("json.dumps" if known else "pulumi.Output.json_dumps", filled(parsed))


def _text(value: Any, depth: int, used: int = 0) -> str:
    """Python for a value, over several lines where one is too short; `used` is what stands before it on its line."""
    if isinstance(value, _Code):
        return str(value)
    if isinstance(value, _Document):
        before = used + len(value.function)
        return value.function + _joined("(", [_text(value.content, depth + 1)], ")", depth, before)
    if isinstance(value, dict):
        keys = {key: f"{json.dumps(key)}: " for key in value}
        parts = [keys[key] + _text(item, depth + 1, len(keys[key])) for key, item in value.items()]
        return _joined("{", parts, "}", depth, used)
    if isinstance(value, list):
        return _joined("[", [_text(item, depth + 1) for item in value], "]", depth, used)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _joined(start: str, parts: Sequence[str], end: str, depth: int, used: int) -> str:
    line = f"{start}{', '.join(parts)}{end}"
    if "\n" not in line and 4 * depth + used + len(line) + 1 <= _WIDTH:
        return line
    inner = "    " * (depth + 1)
    return f"{start}\n" + "".join(f"{inner}{part},\n" for part in parts) + "    " * depth + end
