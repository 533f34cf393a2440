"""What AWS allows beyond the recorded provider: enum values and bounds in the service models that boto3 ships.

https://github.com/boto/botocore/tree/develop/botocore/data
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import StringShape

# Modules of pulumi_aws whose service has another name in botocore, or lies in more than one.
_SERVICES = {
    "acmpca": ("acm-pca",),
    "alb": ("elbv2",),
    "appautoscaling": ("application-autoscaling",),
    "cfg": ("config",),
    "cloudwatch": ("cloudwatch", "events", "logs", "oam", "rum", "evidently", "synthetics"),
    "cognito": ("cognito-idp", "cognito-identity"),
    "costexplorer": ("ce",),
    "customerprofiles": ("customer-profiles",),
    "ec2clientvpn": ("ec2",),
    "ec2transitgateway": ("ec2",),
    "kinesis": ("kinesis", "firehose", "kinesisvideo", "kinesisanalytics", "kinesisanalyticsv2"),
    "lb": ("elbv2",),
    "lex": ("lexv2-models", "lex-models"),
    "macie": ("macie2",),
    "msk": ("kafka", "kafkaconnect"),
    "mskconnect": ("kafkaconnect",),
    "networkfirewall": ("network-firewall",),
    "opensearch": ("opensearch", "opensearchserverless", "osis"),
    "pinpoint": ("pinpoint", "pinpoint-email", "pinpoint-sms-voice-v2"),
    "resourcegroups": ("resource-groups", "resourcegroupstaggingapi"),
    "route53": ("route53", "route53resolver", "route53domains"),
    "route53recoverycontrol": ("route53-recovery-control-config",),
    "s3": ("s3", "s3control"),
    "sfn": ("stepfunctions",),
    "vpc": ("ec2",),
    "ebs": ("ec2", "ebs"),
    "vpclattice": ("vpc-lattice",),
}
# Part of an enum that a model's shape must hold to be taken for the same one: with, and without, the member's name.
_SHARED_NAMED = 0.5
_SHARED = 0.6
# Limits raised since that no model contains.
_RAISED = {
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
    ("aws:sqs/queue:Queue", "maxMessageSize"): [1024.0, 1048576.0],
}
_NUMBERS = frozenset({"integer", "long", "float", "double"})


def add_newer(facts: Mapping[str, Any]) -> int:
    """Writes `newer` beside each enum and `wider` beside each range that AWS has widened; returns how many."""
    count = 0
    for token, record in facts.items():
        for path, limits in record["rules"].items():
            limits.pop("newer", None)
            limits.pop("wider", None)
            added = {
                "newer": newer_values(token, path, limits["enum"]) if "enum" in limits else [],
                "wider": wider_range(token, path, limits["range"]) if "range" in limits else None,
            }
            limits.update({key: value for key, value in added.items() if value})
            count += any(added.values())
    return count


def newer_values(token: str, path: str, enum: list[str]) -> list[str]:
    """What the models know beyond the recorded enum of one input; sorted.

    The recorded enum stands for the shape that is most like it, one that a member of the input's name has if there is
    any; shapes that are equally like it count together.
    """
    known = {value for value in enum if value}
    leaf = _leaf(path)
    named: list[tuple[float, frozenset[str]]] = []
    others: list[tuple[float, frozenset[str]]] = []
    for service in _services(token):
        for names, values in _enums(service):
            shared = len(known & values)
            likeness = shared / max(len(known | values), 1)
            if leaf in names and shared and shared >= _SHARED_NAMED * min(len(known), len(values)):
                named.append((likeness, values))
            elif shared and shared >= _SHARED * len(known):
                others.append((likeness, values))
    candidates = named or others
    best = max((likeness for likeness, _ in candidates), default=0.0)
    found = [values for likeness, values in candidates if likeness == best]
    return sorted(frozenset[str]().union(*found) - set(enum))


def wider_range(token: str, path: str, bounds: list[float]) -> list[float] | None:
    """The widest bounds of a member of this name that hold the recorded ones; None when there are no wider ones."""
    if (token, path) in _RAISED:
        return _RAISED[token, path]
    leaf = _leaf(path)
    found = {member for service in _services(token) for member in _bounds(service).get(leaf, ())}
    wider = [list(pair) for pair in found if pair[0] <= bounds[0] and pair[1] >= bounds[1] and list(pair) != bounds]
    return None if tuple(bounds) in found else max(wider, key=lambda pair: pair[1] - pair[0], default=None)


@cache
def _bounds(service: str) -> Mapping[str, set[tuple[float, float]]]:
    """Numeric members of a service by name, with the bounds of those that have two."""
    model = _model(service)
    found: dict[str, set[tuple[float, float]]] = {}
    for shape in (model.shape_for(name) for name in model.shape_names) if model else ():
        for name, member in _members(shape):
            limits = member.metadata
            if member.type_name in _NUMBERS and "min" in limits and "max" in limits:
                found.setdefault(_plain(name), set()).add((float(limits["min"]), float(limits["max"])))
    return found


def _services(token: str) -> tuple[str, ...]:
    module = token.split(":")[1].split("/")[0]
    return _SERVICES.get(module, (module,))


def _leaf(path: str) -> str:
    return _plain(path.replace("[]", "").rsplit(".", 1)[-1])


@cache
def _enums(service: str) -> list[tuple[frozenset[str], frozenset[str]]]:
    """The enums of a service: the names of the members that have them, and their values."""
    model = _model(service)
    if model is None:
        return []
    named: dict[str, set[str]] = {}
    values: dict[str, frozenset[str]] = {}
    for shape in (model.shape_for(name) for name in model.shape_names):
        for name, member in _members(shape):
            if isinstance(member, StringShape) and (enum := frozenset[str](getattr(member, "enum", ()))):
                named.setdefault(member.name, set()).add(_plain(name))
                values[member.name] = enum
    return [(frozenset(named[name]), values[name]) for name in values]


def _members(shape: Any) -> Iterator[tuple[str, Any]]:
    members: Mapping[str, Any] = getattr(shape, "members", {})
    for name, member in members.items():
        yield name, getattr(member, "member", member)


@cache
def _model(service: str) -> Any:
    """The service model, or None; `Any` because botocore's properties have no types."""
    session = botocore.session.get_session()
    return session.get_service_model(service) if service in session.get_available_services() else None


def _plain(name: str) -> str:
    """A member's name without case and plural."""
    return name.replace("-", "").replace("_", "").lower().removesuffix("s")
