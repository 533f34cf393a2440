"""Create, read, update and delete against the simulated cloud."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from offline.aws.cloud import GOING, LIVE, Cloud, Resource
from offline.aws.config import Settings
from offline.aws.faults import Faults
from offline.aws.ids import Mint, forms_of, kind_of
from offline.aws.outputs import FOLLOWING, made_outputs
from offline.aws.relations import RefusedError, require_free, require_targets, uses_of
from offline.aws.schema import TypeSchema
from offline.aws.special import adopted_id, part_names, special_outputs
from offline.aws.tables import words
from offline.wire import UNKNOWN, Properties, plain

# AWS deletes them after a waiting time; until then their names stay taken. The property is the days, 0 means at once.
_WAITS: Mapping[str, str] = {
    "kms/key": "deletionWindowInDays",
    "kms/replicaKey": "deletionWindowInDays",
    "secretsmanager/secret": "recoveryWindowInDays",
}
# A second create of the same name changes the first one instead of failing.
_OVERWRITTEN = words("""
    secretsmanager/secretVersion s3/bucketObject s3/bucketObjectv2 dynamodb/tableReplica cloudwatch/metricAlarm
    cloudwatch/compositeAlarm cloudwatch/eventRule msk/clusterPolicy ecs/clusterCapacityProviders securityhub/account
    ec2/defaultSecurityGroup ec2/defaultRouteTable ec2/defaultNetworkAcl ec2/defaultVpc ec2/defaultSubnet
""")
# Names that are unique per account and Region although the ARN has a part of AWS's own making.
UNIQUE_NAMES: Mapping[str, str] = {
    "lb/loadBalancer": "name",
    "lb/targetGroup": "name",
    "secretsmanager/secret": "name",
    "wafv2/webAcl": "name",
    "wafv2/ipSet": "name",
    "wafv2/ruleGroup": "name",
    "cloudfront/cachePolicy": "name",
    "cloudfront/originRequestPolicy": "name",
    "cloudfront/responseHeadersPolicy": "name",
    "cloudfront/originAccessControl": "name",
    "msk/cluster": "clusterName",
    "msk/serverlessCluster": "clusterName",
    "opensearch/serverlessCollection": "name",
    "ec2/launchTemplate": "name",
    "cognito/userPoolDomain": "domain",
}
_NOTHING: tuple[Any, ...] = (None, "", [])
_MINTED = ("{hex", "{uuid", "{low", "{up", "{id", "{arn")


@dataclass(frozen=True, slots=True)
class Subject:
    """What an operation is about."""

    schema: TypeSchema
    urn: str
    settings: Settings

    def region_of(self, inputs: Mapping[str, Any]) -> str:
        """Where it lands: its own `region`, else the provider's."""
        region = plain(inputs.get("region"))
        return region if isinstance(region, str) else self.settings.region or ""


class Operations:
    """Every method raises `RefusedError`, `FaultError` or `CancelledError` with AWS's words."""

    def __init__(self, cloud: Cloud, faults: Faults) -> None:
        self._cloud, self._faults = cloud, faults

    def create(self, subject: Subject, inputs: Properties) -> tuple[str, Properties]:
        """Returns id and outputs."""
        schema, account = subject.schema, subject.settings.account
        self._faults.before(schema.token, "create")
        region, values = subject.region_of(inputs), _known(inputs)
        with self._cloud.transaction():
            require_targets(self._cloud, inputs, account=account, region=region)
            number = self._cloud.count(f"serial|{account}|{region}|{subject.urn}")
            mint = self._mint(subject, values, f"{account}|{region}|{subject.urn}|{number}", region)
            completed = _completed_names(schema, values, mint)
            for key, name in completed.items():
                mint.know(key, name)
            values = {**values, **completed}
            special = {**special_outputs(values, mint, self._cloud), **completed}
            outputs = made_outputs(schema, inputs, mint, special=special)
            identifier = adopted_id(values, mint, self._cloud) or mint.id or mint.uuid
            resource = Resource(
                key=0,
                account=account,
                region=region if schema.is_regional else "",
                token=schema.token,
                id=identifier,
                arn=str(plain(outputs.get("arn")) or ""),
                urn=subject.urn,
                status=LIVE,
                inputs=inputs,
                outputs=outputs,
            )
            self._require_new(resource, values)
            self._cloud.put(resource, _names(resource, mint), uses_of(inputs))
        return identifier, outputs

    def update(self, subject: Subject, identifier: str, olds: Properties, news: Properties) -> Properties:
        """Returns the outputs."""
        schema, account = subject.schema, subject.settings.account
        self._faults.before(schema.token, "update")
        region, values = subject.region_of(news), _known(news)
        with self._cloud.transaction():
            found = self._find(subject, identifier, olds)
            if found is None:
                raise RefusedError(
                    f"ResourceNotFoundException: {kind_of(schema.token)} '{identifier}' does not exist any more"
                )
            require_targets(self._cloud, news, account=account, region=region)
            known = {**plain(found.outputs), **values}
            mint = self._mint(subject, known, f"{found.token}|{found.id}", region, (found.id, found.arn))
            following = FOLLOWING.get(mint.kind, {})
            special = {  # what was made up once stays; what is switched on or off, or follows an input, comes or goes
                key: value
                for key, value in special_outputs(values, mint, self._cloud).items()
                if found.outputs.get(key) in _NOTHING or value in _NOTHING or key in following
            }
            found.outputs = made_outputs(schema, news, mint, special=special, before=found.outputs)
            found.inputs, found.urn = news, subject.urn
            self._cloud.put(found, _names(found, mint), uses_of(news))
        return found.outputs

    def read(self, subject: Subject, identifier: str, olds: Properties) -> Resource | None:
        self._faults.before(subject.schema.token, "read")
        return self._find(subject, identifier, olds)

    def delete(self, subject: Subject, identifier: str, olds: Properties) -> None:
        """What is gone already counts as deleted."""
        self._faults.before(subject.schema.token, "delete")
        with self._cloud.transaction():
            found = self._find(subject, identifier, olds)
            if found is None:
                return
            require_free(self._cloud, found)
            days = _WAITS.get(kind_of(found.token))
            values = plain({**found.outputs, **found.inputs})
            if days and values.get(days) != 0 and not values.get("forceOverwriteReplicaSecret"):
                self._cloud.set_status(found, GOING)
            else:
                self._cloud.remove(found)

    def _find(self, subject: Subject, identifier: str, olds: Properties) -> Resource | None:
        arn = str(plain(olds.get("arn")) or "")
        return self._cloud.find(
            subject.schema.token, identifier, account=subject.settings.account, urn=subject.urn, arn=arn
        )

    def _mint(
        self, subject: Subject, values: Properties, seed: str, region: str, existing: tuple[str, str] = ("", "")
    ) -> Mint:
        account = subject.settings.account

        def serial(name: str) -> int:
            return self._cloud.count(f"version|{account}|{region}|{kind_of(subject.schema.token)}|{name}")

        return Mint(subject.schema, values, seed=seed, region=region, account=account, serial=serial, existing=existing)

    def _require_new(self, resource: Resource, values: Mapping[str, Any]) -> None:
        kind = kind_of(resource.token)
        if kind in _OVERWRITTEN:
            return
        key = UNIQUE_NAMES.get(kind, "")
        name = str(values.get(key) or "")
        found = self._cloud.with_arn(resource.arn) if resource.arn else None
        if found is None and name:
            found = self._cloud.named(name, account=resource.account, region=resource.region, token=resource.token)
        if found is None or (found.token != resource.token and kind_of(found.token) != kind):
            return
        if name and found.inputs.get("scope") != resource.inputs.get("scope"):
            return
        going = " and waits for its deletion" if found.status == GOING else ""
        raise RefusedError(
            f"ResourceAlreadyExistsException: {kind} '{name or resource.arn or resource.id}' already exists{going} "
            f"(made for {found.urn})"
        )


def _known(inputs: Properties) -> Properties:
    return {
        key: value
        for key, value in plain(inputs).items()
        if value is not None and value is not UNKNOWN and key != "__defaults"
    }


def _completed_names(schema: TypeSchema, values: Properties, mint: Mint) -> Properties:
    """The names that AWS's provider completes from a given prefix: prefix and 26 digits."""
    completed: Properties = {}
    for key, prefix in values.items():
        name = key.removesuffix("Prefix")
        if name != key and isinstance(prefix, str) and name in schema.outputs.types and name not in values:
            fifo = values.get("fifoQueue") is True or values.get("fifoTopic") is True
            completed[name] = prefix + mint.text("{dec26}") + (".fifo" if fifo else "")
    return completed


def _names(resource: Resource, mint: Mint) -> list[str]:
    """Everything by which another resource may mention this one."""
    values = plain(resource.outputs)
    names = {resource.id, resource.arn, *part_names(mint.kind, values)}
    for key, form in forms_of(resource.token).outputs.items():
        if any(part in form for part in _MINTED):
            names.add(values.get(key))
    for key in ("name", "bucket", UNIQUE_NAMES.get(mint.kind, "")):
        names.add(values.get(key))
    return [name for name in names if isinstance(name, str) and len(name) > 2]
