"""Automatic names of pulumi-aws for resources that a program leaves unnamed: `<logical name>-<7 hex digits>`."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from offline.facts import facts_of
from offline.kinds import kind_of
from offline.schema import TypeSchema
from offline.tables import words
from offline.wire import UNKNOWN, Properties, plain

_DIGITS = 7
# Properties other than `name` that are named.
_OTHERS: Mapping[str, str] = {"msk/cluster": "clusterName", "msk/serverlessCluster": "clusterName"}
# Further ones, with the greatest length AWS takes; AWS wants them in lower case.
_LOWER: Mapping[tuple[str, str], int] = {
    ("s3/bucket", "bucket"): 63,
    ("opensearch/domain", "domainName"): 28,
    ("elasticsearch/domain", "domainName"): 28,
    ("elasticache/replicationGroup", "replicationGroupId"): 40,
    ("elasticache/cluster", "clusterId"): 50,
    ("elasticache/globalReplicationGroup", "globalReplicationGroupIdSuffix"): 20,
    ("rds/cluster", "clusterIdentifier"): 63,
    ("rds/clusterInstance", "identifier"): 63,
    ("rds/instance", "identifier"): 63,
    ("neptune/cluster", "clusterIdentifier"): 63,
    ("docdb/cluster", "clusterIdentifier"): 63,
    ("redshift/cluster", "clusterIdentifier"): 63,
}
_LOWER_NAMES = words("""
    ecr/repository elasticache/subnetGroup elasticache/parameterGroup memorydb/cluster
    opensearch/serverlessCollection rds/subnetGroup rds/parameterGroup rds/clusterParameterGroup
""")
# Greatest lengths that are not in the recorded facts.
_LENGTHS: Mapping[str, int] = {
    "lb/loadBalancer": 32,
    "lb/targetGroup": 32,
    "iam/role": 64,
    "iam/policy": 128,
    "iam/instanceProfile": 128,
    "lambda/function": 64,
    "cloudwatch/eventRule": 64,
    "scheduler/schedule": 64,
    "sfn/stateMachine": 80,
    "sqs/queue": 80,
    "cloudfront/function": 64,
    "wafv2/webAcl": 128,
    "opensearch/serverlessCollection": 32,
    "msk/configuration": 249,
}
_FIFO: Mapping[str, str] = {"sqs/queue": "fifoQueue", "sns/topic": "fifoTopic"}
_PREFIXES: Mapping[str, str] = {"kms/alias": "alias/"}
# Types of which two cannot live side by side: https://github.com/pulumi/pulumi-aws/blob/master/provider/resource_overrides.go
_ALONE = words("""
    apigateway/integration cloudwatch/logSubscriptionFilter ec2/securityGroupRule ec2transitgateway/vpcAttachment
    ecr/lifecyclePolicy efs/mountTarget iam/accountAlias iam/groupPolicyAttachment iam/policyAttachment
    iam/rolePolicyAttachment iam/userPolicyAttachment
""")
_LONGER_THAN = re.compile(r"longer than (\d+)")
_DEFAULT_LENGTH = 255


class NamingError(Exception):
    """An automatic name that AWS would not take. `property` is the property that should have got it."""

    def __init__(self, property_name: str, reason: str) -> None:
        super().__init__(reason)
        self.property, self.reason = property_name, reason


def automatic_properties(schema: TypeSchema) -> list[str]:
    """The inputs that get a name when the program gives none."""
    kind, inputs = kind_of(schema.token), schema.inputs
    names = [name for (of, name) in _LOWER if of == kind and name in inputs.types]
    names += [_OTHERS[kind]] if kind in _OTHERS else []
    if "name" in inputs.types and "name" not in inputs.required and "name" in schema.outputs.required:
        names.append("name")
    return names


def longest(token: str, key: str) -> int:
    """The greatest length of a name: our table, the recorded facts, else 255 as pulumi-aws has it."""
    kind = kind_of(token)
    known = _LOWER.get((kind, key)) or (_LENGTHS.get(kind) if key == "name" else None)
    facts = facts_of(token)
    if known or facts is None:
        return known or _DEFAULT_LENGTH
    rule = facts.rules.get(key, {})
    limits = [int(found) for said in rule.get("says", ()) for found in _LONGER_THAN.findall(said)]
    limits += [int(rule["length"][1])] if "length" in rule else []
    return min(limits, default=_DEFAULT_LENGTH)


def add_names(
    schema: TypeSchema,
    logical_name: str,
    news: Properties,
    olds: Properties,
    *,
    seed: bytes,
    proposed: str = "",
    is_enforced: bool = False,
    is_disabled: bool = False,
) -> list[str]:
    """Puts automatic names into `news`; keeps those of `olds`.

    `proposed`, `is_enforced` and `is_disabled` are options of the engine (`pulumi:autonaming`).

    Returns:
        The properties that were named.

    Raises:
        NamingError: the name would be too long, or naming is disabled.
    """
    named = []
    before: Iterable[Any] = plain(olds.get("__defaults")) or ()
    for key in automatic_properties(schema):
        if news.get(key) is not None or news.get(f"{key}Prefix") is not None:
            continue
        if is_disabled:
            raise NamingError(key, "automatic naming is disabled (pulumi:autonaming), so this name must be given")
        kept = plain(olds.get(key))
        if key in before and isinstance(kept, str) and not is_enforced:
            news[key] = kept
        else:
            news[key] = proposed if proposed and is_enforced else _made(schema, logical_name, key, news, seed, proposed)
        named.append(key)
    return named


def _made(schema: TypeSchema, logical_name: str, key: str, news: Properties, seed: bytes, proposed: str) -> str:
    kind = kind_of(schema.token)
    suffix = ".fifo" if plain(news.get(_FIFO.get(kind, ""))) is True else ""
    digits = hashlib.sha256(seed + logical_name.encode()).hexdigest()[:_DIGITS]
    name = _PREFIXES.get(kind, "") + (proposed or f"{logical_name}-{digits}") + suffix
    if (kind, key) in _LOWER or kind in _LOWER_NAMES:
        name = name.lower()
    limit = longest(schema.token, key)
    if len(name) > limit:
        raise NamingError(
            key,
            f"the automatic name '{name}' has {len(name)} characters and AWS takes {limit}: "
            f"give a shorter logical name or set '{key}'",
        )
    return name


def goes_first(schema: TypeSchema, olds: Properties, news: Properties) -> bool:
    """Whether pulumi-aws asks the engine to delete the old one before its replacement is made.

    So it does for some types, and for every resource that would carry the same explicit name as before.
    """
    if kind_of(schema.token) in _ALONE:
        return True
    automatic: Iterable[Any] = plain(news.get("__defaults")) or ()
    for key in automatic_properties(schema):
        value = plain(news.get(key))
        if key not in automatic and value is not None and value is not UNKNOWN and value == plain(olds.get(key)):
            return True
    return False
