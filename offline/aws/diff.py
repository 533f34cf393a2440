"""Changes between two sets of inputs, path by path, and which of them replace the resource."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from offline.aws.by_value import replaces_by_value
from offline.facts import facts_of
from offline.kinds import kind_of
from offline.schema import TypeSchema
from offline.tables import words
from offline.wire import UNKNOWN, Secret, plain

# Lists that AWS treats as sets, after the provider's documentation; pulumi_aws does not distinguish them.
_SETS = words("""
    actions alarmActions aliases allowedMethods allowedOauthFlows allowedOauthScopes attributes availabilityZones
    cachedMethods callbackUrls capacityProviders cidrBlocks compatibleArchitectures compatibleRuntimes egress
    explicitAuthFlows functionResponseTypes globalSecondaryIndexes ingress insufficientDataActions ipv6CidrBlocks
    localSecondaryIndexes logoutUrls managedPolicyArns networkAclIds okActions originGroups origins policyTypes
    preferredCacheClusterAzs prefixListIds privateSubnetIds records requiresCompatibilities routeTableIds routes
    securityGroupIds securityGroups subjectAlternativeNames subnetIds subnetMappings subnets
    supportedIdentityProviders targetGroupArns userGroupIds vpcSecurityGroupIds
""")
# Sets whose name stands for an ordered list in other types.
_SETS_OF = frozenset(
    {
        ("wafv2/webAcl", "rules"),
        ("wafv2/ruleGroup", "rules"),
        ("wafv2/ipSet", "addresses"),
        ("ecs/service", "loadBalancers"),
        ("backup/plan", "rules"),
        ("opensearch/domain", "logPublishingOptions"),
    }
)
# Inputs whose change replaces the resource, where the recorded facts have gaps (newer types, probes that hit a rule).
REPLACED_INPUTS: Mapping[str, frozenset[str]] = {
    kind: words(keys)
    for kind, keys in {
        "cloudcontrol/resource": "typeName",
        "dynamodb/table": "name hashKey rangeKey localSecondaryIndexes",
        "ec2/subnet": "vpcId cidrBlock availabilityZone availabilityZoneId ipv6Native",
        "ec2/eip": "domain networkBorderGroup",
        "ec2/flowLog": "vpcId subnetId eniId logDestination logDestinationType logFormat trafficType iamRoleArn",
        "ec2/natGateway": "subnetId connectivityType allocationId privateIp",
        "ec2/vpcEndpoint": "vpcId serviceName vpcEndpointType serviceRegion",
        "elasticache/serverlessCache": "name engine kmsKeyId subnetIds",
        "lb/listenerRule": "listenerArn",
        "lb/targetGroup": "name port protocol protocolVersion targetType vpcId",
        "msk/topic": "name clusterArn replicationFactor",
        "opensearch/domain": "domainName",
        "opensearch/serverlessCollection": "name type",
        "opensearch/serverlessCollectionGroup": "name",
        "s3/bucket": "bucket objectLockEnabled",
        "secretsmanager/secret": "name namePrefix",
        "wafv2/webAcl": "name scope",
        "wafv2/webAclAssociation": "resourceArn webAclArn",
        "wafv2/webAclRule": "name webAclArn",
    }.items()
}
# Parts that change in place, while the recorded facts, made for whole inputs, count the input as replacing.
_UPDATED_WITHIN: Mapping[str, tuple[str, ...]] = {
    # https://docs.aws.amazon.com/msk/latest/developerguide/msk-update-broker-type.html
    "msk/cluster": tuple(f"brokerNodeGroupInfo.{part}" for part in ("connectivityInfo", "instanceType", "storageInfo")),
}
# Inputs that replace the resource in every type.
_ALWAYS_REPLACES = frozenset({"region", "namePrefix", "bucketPrefix"})
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Change:
    """`kind`: add, delete or update."""

    path: str
    kind: str
    is_replacement: bool

    @property
    def top(self) -> str:
        return self.path.split(".")[0].split("[")[0]


def replacing_keys(token: str) -> frozenset[str]:
    """The inputs whose change replaces a resource of this type."""
    facts = facts_of(token)
    recorded = facts.replace_on_change if facts else frozenset()
    return recorded | REPLACED_INPUTS.get(kind_of(token), frozenset()) | _ALWAYS_REPLACES


def changes(
    schema: TypeSchema,
    olds: Mapping[str, Any],
    news: Mapping[str, Any],
    ignored: Iterable[str] = (),
    state: Mapping[str, Any] | None = None,
) -> list[Change]:
    """The changes from `olds` to `news` (both inputs after Check), without those that mean the same to AWS.

    `ignored` are property paths of the program's `ignoreChanges`. `state` are the outputs: the bridge compares with
    them, so that it finds no change in what an update has set that failed afterwards (pulumi/pulumi#21458).
    """
    replacing = replacing_keys(schema.token)
    kind = kind_of(schema.token)
    facts = facts_of(schema.token)
    is_known_type = facts is not None or kind in REPLACED_INPUTS
    paths = [path for path in ignored if path]
    found = []
    for key in sorted(olds.keys() | news.keys()):
        if key == "__defaults" or (news.get(key) is None and _is_kept(schema, key)):
            continue
        is_replacement = key in replacing or (not is_known_type and _looks_fixed(schema, key))
        decided = replaces_by_value(kind, key, olds, news)
        differences = list(_differences(kind, key, key, olds.get(key, _ABSENT), news.get(key, _ABSENT)))
        if differences and state is not None and _is_state(kind, key, differences, state, news):
            continue
        for path, change in differences:
            if not _lies_in(paths, path):
                in_place = _lies_in(_UPDATED_WITHIN.get(kind, ()), path)
                replaces = is_replacement and not in_place if decided is None else decided
                found.append(Change(path, change, replaces))
    return found


def _is_state(
    kind: str, key: str, differences: list[tuple[str, str]], state: Mapping[str, Any], news: Mapping[str, Any]
) -> bool:
    """Whether an input is as the state says, apart from members that AWS has added."""
    removed = {path for path, change in differences if change == "delete"}
    beyond = _differences(kind, key, key, state.get(key, _ABSENT), news.get(key, _ABSENT))
    return key in news and all(change == "delete" and path not in removed for path, change in beyond)


def _lies_in(given: Iterable[str], path: str) -> bool:
    return any(path == outer or path.startswith((f"{outer}.", f"{outer}[")) for outer in given)


def _is_kept(schema: TypeSchema, key: str) -> bool:
    """Whether AWS decides the value of an input that is not given: leaving it out again then changes nothing."""
    return key in schema.inputs.types and key in schema.outputs.required and key not in schema.inputs.required


def _looks_fixed(schema: TypeSchema, key: str) -> bool:
    """For types without recorded facts: a name and the ids of what the resource belongs to do not change in place."""
    is_reference = key.endswith(("Id", "Arn")) and "kms" not in key.lower() and "role" not in key.lower()
    return key == "name" or (key in schema.inputs.required and (is_reference or key.endswith("Name")))


def _differences(kind: str, key: str, path: str, old: Any, new: Any) -> Iterator[tuple[str, str]]:
    old, new = _bare(old), _bare(new)
    if old is _ABSENT or new is _ABSENT:
        if old is not new:
            yield path, "add" if old is _ABSENT else "delete"
    elif isinstance(old, dict) and isinstance(new, dict):
        for member in sorted(old.keys() | new.keys()):
            if member != "__defaults":
                inner = f"{path}.{member}" if member.isidentifier() else f'{path}["{member}"]'
                yield from _differences(kind, member, inner, old.get(member, _ABSENT), new.get(member, _ABSENT))
    elif isinstance(old, list) and isinstance(new, list):
        if (key in _SETS or (kind, key) in _SETS_OF) and _bag(old) == _bag(new):
            return
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else _ABSENT
            after = new[index] if index < len(new) else _ABSENT
            yield from _differences(kind, "", f"{path}[{index}]", before, after)
    elif not is_same(old, new):
        yield path, "update"


def _bare(value: Any) -> Any:
    while isinstance(value, Secret):
        value = value.value
    return _ABSENT if value is None else value


def _bag(items: list[Any]) -> list[str]:
    return sorted(json.dumps(plain(item), sort_keys=True, default=repr) for item in items)


def is_same(old: Any, new: Any) -> bool:
    """Whether AWS sees no difference: JSON texts by content, `1` and `"1"` as one, unknown as different."""
    if old is UNKNOWN or new is UNKNOWN:
        return False
    if old == new:
        return True
    if isinstance(old, str) and isinstance(new, str):
        if old[:1] in {"{", "["} and new[:1] in {"{", "["}:
            try:
                return json.loads(old) == json.loads(new)
            except ValueError:
                return False
        return False
    if isinstance(old, str) != isinstance(new, str):
        return str(old).lower() == str(new).lower()
    return False
