"""Outputs of a resource: its inputs, the provider's defaults, and values that AWS decides."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from offline.aws.ids import Mint, forms_of
from offline.aws.structure import without_marks
from offline.facts import facts_of
from offline.kinds import kind_of
from offline.schema import Node, TypeSchema
from offline.wire import UNKNOWN, Properties, Secret, plain

# Settable properties that AWS fills in, by name, for types whose line in ids.txt does not give them.
_GIVEN_BY_NAME: Mapping[str, str] = {
    "availabilityZone": "{region}a",
    "accountId": "{account}",
    "awsAccountId": "{account}",
    "catalogId": "{account}",
}
_COMPUTED_BY_NAME: Mapping[str, str] = {
    **_GIVEN_BY_NAME,
    "ownerId": "{account}",
    "registryId": "{account}",
    "owner": "{account}",
    "partition": "{partition}",
    "uniqueId": "{up21}",
    "hostedZoneId": "Z{up14}",
    "zoneId": "Z{up14}",
    "keyId": "{uuid}",
    "etag": "{hex32}",
    "status": "ACTIVE",
    "state": "ACTIVE",
    "versionId": "{low32}",
    "version": "1",
    "revision": "1",
    "networkInterfaceId": "eni-{hex17}",
    "subnetId": "",
    "vpcId": "",
    "securityGroupId": "",
    "availabilityZoneId": "",
    "availabilityZoneName": "",
    "kmsKeyId": "",
}
# Descriptions that pulumi-aws fills in: type -> property.
_DESCRIBED: Mapping[str, str] = {
    "ec2/securityGroup": "description",
    "elasticache/parameterGroup": "description",
    "elasticache/subnetGroup": "description",
    "rds/clusterParameterGroup": "description",
    "rds/parameterGroup": "description",
    "rds/subnetGroup": "description",
    "route53/zone": "comment",
}
# Outputs that an input decides: type -> output -> input.
FOLLOWING: Mapping[str, Mapping[str, str]] = {
    "cloudcontrol/resource": {"properties": "desiredState"},
    # A stream of another view is another stream (cycleStreamEnabled of the provider's dynamodb/table.go).
    "dynamodb/table": {"streamArn": "streamViewType", "streamLabel": "streamViewType"},
    "networkfirewall/firewall": {"firewallStatuses": "subnetMappings"},
}
_MOMENTS = ("Time", "Date", "At", "Timestamp", "On")
_OPAQUE = ("token", "key", "secret", "password", "hash", "sha256", "fingerprint", "version")
_HOSTS = ("endpoint", "address", "dnsname", "domainname", "domain", "host")


@cache
def defaults_of(token: str) -> Mapping[str, Any]:
    """Values that the real provider fills in: recorded defaults, and pulumi-aws's own descriptions."""
    facts = facts_of(token)
    recorded = facts.defaults.items() if facts else ()
    defaults = {key: int(value) if _is_whole(value) else value for key, value in recorded}
    if kind_of(token) in _DESCRIBED:
        defaults[_DESCRIBED[kind_of(token)]] = "Managed by Pulumi"
    return defaults


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()


def planned_outputs(schema: TypeSchema, inputs: Properties, before: Mapping[str, Any] | None = None) -> Properties:
    """The outputs that a preview shows: values that AWS decides are unknown, unless known from `before` (an update)."""
    outputs = _echoed(schema, inputs, None)
    defaults = defaults_of(schema.token)
    following = FOLLOWING.get(kind_of(schema.token), {})
    for key in schema.outputs.types:
        if key in outputs:
            continue
        decided_by = following.get(key)
        if before is not None and decided_by and not is_held(before.get(decided_by), inputs.get(decided_by)):
            outputs[key] = UNKNOWN
        elif before is not None and key in before and (key in schema.outputs.required or key in defaults):
            outputs[key] = before[key]
        elif key in defaults:
            outputs[key] = defaults[key]
        elif before is None and key in schema.outputs.required:
            outputs[key] = UNKNOWN
    return outputs


def is_held(before: Any, given: Any) -> bool:
    """Whether the given value was there before, apart from members that AWS has added to it."""
    if isinstance(given, dict) and isinstance(before, dict):
        return all(is_held(before.get(key), value) for key, value in given.items() if key != "__defaults")
    if isinstance(given, list) and isinstance(before, list):
        return len(given) == len(before) and all(map(is_held, before, given))
    return before == given


def made_outputs(
    schema: TypeSchema,
    inputs: Properties,
    mint: Mint,
    *,
    special: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
) -> Properties:
    """The outputs after the operation. `special` are outputs that the caller has computed; they take precedence."""
    outputs = {**planned_outputs(schema, inputs, before), **_echoed(schema, inputs, mint), **special}
    for key, value in special.items():
        mint.know(key, plain(value))
    open_keys = [key for key, value in outputs.items() if value is UNKNOWN]
    # Outputs that others contain come first.
    for key in sorted(open_keys, key=lambda name: (name != "arn", name in forms_of(schema.token).outputs, name)):
        outputs[key] = _answer(schema, key, mint)
        mint.know(key, outputs[key])
    return {key: _sealed(schema, key, value) for key, value in outputs.items() if value is not None}


def _sealed(schema: TypeSchema, key: str, value: Any) -> Any:
    return Secret(value) if key in schema.secrets and not isinstance(value, Secret) else value


def _echoed(schema: TypeSchema, inputs: Properties, mint: Mint | None) -> Properties:
    """The inputs as outputs, nested objects completed with what AWS decides in them."""
    given = without_marks(inputs)
    return {
        key: _completed(schema, schema.outputs.types[key], value, mint)
        for key, value in given.items()
        if key in schema.outputs.types and value is not None
    }


def _completed(schema: TypeSchema, node: Node, value: Any, mint: Mint | None) -> Any:
    if isinstance(value, Secret):
        return Secret(_completed(schema, node, value.value, mint))
    if isinstance(value, list) and node.element:
        return [_completed(schema, node.element, item, mint) for item in value]
    if not isinstance(value, dict) or node.kind != "object":
        return value
    fields = schema.object(node.name)
    done = {
        key: _completed(schema, fields.types[key], item, mint) if key in fields.types else item
        for key, item in value.items()
        if item is not None
    }
    for key in fields.required - done.keys():
        if mint is None:
            done[key] = UNKNOWN
        elif fields.types[key].kind != "object":
            done[key] = _empty(fields.types[key])
    return done


def _empty(node: Node) -> Any:
    match node.kind:
        case "boolean":
            return False
        case "integer" | "number":
            return 0
        case "list":
            return []
        case "map" | "object":
            return {}
    return ""


def _answer(schema: TypeSchema, key: str, mint: Mint) -> Any:
    node = schema.outputs.types[key]
    table = mint.forms.outputs
    if key in table:
        return converted(node, mint.text(table[key]))
    if key == "arn":
        return mint.arn
    if key == "region":
        return mint.region
    if node.kind == "object":  # a block that was not given stays absent
        return None if key in schema.inputs.types else _empty_object(schema, node)
    if node.kind != "string":
        return _empty(node)
    if key in schema.inputs.types:
        return mint.text(_GIVEN_BY_NAME.get(key, ""))
    return _text(key, mint)


def _empty_object(schema: TypeSchema, node: Node) -> Properties:
    fields = schema.object(node.name)
    return {key: _empty(fields.types[key]) for key in fields.required}


def converted(node: Node, text: str) -> Any:
    """A text of a form as the type that the output has."""
    match node.kind:
        case "boolean":
            return text == "true"
        case "integer" | "number":
            return int(float(text)) if text else 0
        case "list":
            return [text] if text else []
        case "map" | "object":
            return {}
    return text


def _text(key: str, mint: Mint) -> str:
    """A text of the kind that the output's name suggests; empty if it suggests none."""
    if key in _COMPUTED_BY_NAME:
        return mint.text(_COMPUTED_BY_NAME[key])
    lower = key.lower()
    if lower.endswith("arn"):
        return mint.arn
    if key.endswith(_MOMENTS):
        return mint.time()
    if lower.endswith("url"):
        return mint.text("https://{low10}.{region}.amazonaws.com/")
    if lower.endswith(_HOSTS):
        return mint.text("{low10}.{region}.amazonaws.com")
    if lower.endswith("id"):
        own = mint.kind.split("/")[1].lower()
        return mint.id if lower.removesuffix("id") in own and not mint.id.startswith("arn:") else mint.uuid
    return mint.text("{low32}") if lower.endswith(_OPAQUE) else ""
