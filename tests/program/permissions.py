"""What a role may do, worked out from a deployed state: service of AWS, resource by its logical name, and way."""

import json
from collections.abc import Iterator
from typing import Any

from components.blocks.policy_document import WITHOUT_RESOURCE
from tests.program.uses import Right, all_ways

Resource = dict[str, Any]

# What services do beside their uses: traces, where they are taken.
_WAYS = {**all_ways(), "xray": (("xray:PutTraceSegments", "trace"),)}
# Rights that every function or task has for its own log, and keys that are used through a service only.
_OWN = ("logs",)


def statements_of(role: str, resources: list[Resource]) -> list[dict[str, Any]]:
    """Statements of the inline policies of the role with this logical name."""
    (name,) = (
        e["outputs"]["name"] for e in resources if e["type"] == "aws:iam/role:Role" and e["urn"].endswith(f"::{role}")
    )
    return [
        statement
        for e in resources
        if e["type"] == "aws:iam/rolePolicy:RolePolicy" and e["inputs"]["role"] == name
        for statement in json.loads(e["inputs"]["policy"])["Statement"]
    ]


def allowed_of(role: str, resources: list[Resource]) -> set[Right]:
    """Rights of a service's role. Use of a feed is one right, whatever engine carries it.

    Raises:
        AssertionError: an action that these tests do not know, or a key that is not held to a service.
    """
    known = {
        e["outputs"]["arn"]: e
        for e in resources
        # The ARN of an event target is that of what it targets.
        if isinstance(e.get("outputs", {}).get("arn"), str) and e["type"] != "aws:cloudwatch/eventTarget:EventTarget"
    }
    rights: set[Right] = set()
    for statement in statements_of(role, resources):
        if statement["Effect"] != "Allow":
            continue
        actions = as_list(statement["Action"])
        service = actions[0].partition(":")[0]
        if service == "kms" and actions != ["kms:GenerateMac"]:
            assert any("kms:ViaService" in keys for keys in statement["Condition"].values()), statement
            continue
        if service in _OWN or (service == "ec2" and set(actions) <= WITHOUT_RESOURCE.keys()):
            continue
        way = next((way for action, way in _WAYS[service] if action in actions), None)
        assert way, f"{role}: {statement}"
        for arn in as_list(statement["Resource"]):
            rights |= set(_right(service, _resource(arn, known), way))
    return rights


def _right(service: str, resource: str, way: str) -> Iterator[Right]:
    parts = resource.split("-", maxsplit=1)
    if parts[0] == "feeds":
        feed = parts[1].removesuffix("-dead").removesuffix(".dead") if len(parts) > 1 else ""
        if feed:
            yield ("feed", feed, "consume")
    else:
        yield (service, resource, way)


def _resource(arn: str, known: dict[str, Resource]) -> str:
    if arn == "*":
        return arn
    domain = "/".join(arn.split("/")[:2]) if arn.startswith("arn:aws:es:") else arn
    for candidate in (
        domain,
        arn.removesuffix(":*"),
        arn.partition("/index/")[0],
        arn.partition("/stream/")[0],
        _bucket(arn),
    ):
        if candidate in known:
            return known[candidate]["urn"].rpartition("::")[2]
    tail = arn.split(":", maxsplit=5)[5]
    return (
        f"feeds-{tail.rpartition('/')[2]}"
        if tail.startswith("topic/")
        else "feeds"
        if tail.startswith("group/")
        # Of a resource of Cloud Control, whose ARN is in its properties.
        else "bot-alias"
        if tail.startswith("bot-alias/")
        else tail
    )


def _bucket(arn: str) -> str:
    """Of objects of it."""
    return arn.partition("/")[0] if arn.startswith("arn:aws:s3:::") else arn


def as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
