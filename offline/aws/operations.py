"""Create, read, update and delete against the simulated cloud."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from offline.aws.cloud import LIVE, PENDING_DELETION, Cloud, Resource
from offline.aws.config import ProviderSettings
from offline.aws.creation import UNIQUE_NAMES, created, known, names_of
from offline.aws.faults import Faults
from offline.aws.ids import Mint, kind_of
from offline.aws.outputs import FOLLOWING, made_outputs
from offline.aws.relations import RefusedError, require_free, require_targets, uses_of
from offline.aws.special import special_outputs
from offline.aws.tables import words
from offline.schema import TypeSchema
from offline.wire import Properties, plain

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
_NOTHING: tuple[Any, ...] = (None, "", [])


@dataclass(frozen=True, slots=True)
class Subject:
    """What an operation is about."""

    schema: TypeSchema
    urn: str
    settings: ProviderSettings

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
        region = subject.region_of(inputs)
        with self._cloud.transaction():
            require_targets(self._cloud, inputs, account=account, region=region)
            number = self._cloud.count(f"serial|{account}|{region}|{subject.urn}")
            mint = self._mint(subject, known(inputs), f"{account}|{region}|{subject.urn}|{number}", region)
            identifier, outputs = created(schema, inputs, mint, self._cloud)
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
            self._require_new(resource)
            self._cloud.put(resource, names_of(resource, mint), uses_of(inputs))
        return identifier, outputs

    def update(self, subject: Subject, identifier: str, olds: Properties, news: Properties) -> Properties:
        """Returns the outputs."""
        schema, account = subject.schema, subject.settings.account
        self._faults.before(schema.token, "update")
        region, values = subject.region_of(news), known(news)
        with self._cloud.transaction():
            found = self._find(subject, identifier, olds)
            if found is None:
                raise RefusedError(
                    f"ResourceNotFoundException: {kind_of(schema.token)} '{identifier}' does not exist any more"
                )
            require_targets(self._cloud, news, account=account, region=region)
            mint = self._mint(
                subject, {**plain(found.outputs), **values}, f"{found.token}|{found.id}", region, (found.id, found.arn)
            )
            following = FOLLOWING.get(mint.kind, {})
            special = {  # what was made up once stays; what is switched on or off, or follows an input, comes or goes
                key: value
                for key, value in special_outputs(values, mint, self._cloud).items()
                if found.outputs.get(key) in _NOTHING or value in _NOTHING or key in following
            }
            found.outputs = made_outputs(schema, news, mint, special=special, before=found.outputs)
            found.inputs, found.urn = news, subject.urn
            self._cloud.put(found, names_of(found, mint), uses_of(news))
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
                self._cloud.set_status(found, PENDING_DELETION)
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

    def _require_new(self, resource: Resource) -> None:
        kind = kind_of(resource.token)
        if kind in _OVERWRITTEN:
            return
        key = UNIQUE_NAMES.get(kind, "")
        name = str(plain(resource.outputs.get(key)) or "")
        found = self._cloud.with_arn(resource.arn) if resource.arn else None
        if found is None and name:
            found = self._cloud.named(name, account=resource.account, region=resource.region, token=resource.token)
        if found is None or (found.token != resource.token and kind_of(found.token) != kind):
            return
        if name and found.inputs.get("scope") != resource.inputs.get("scope"):
            return
        going = " and waits for its deletion" if found.status == PENDING_DELETION else ""
        raise RefusedError(
            f"ResourceAlreadyExistsException: {kind} '{name or resource.arn or resource.id}' already exists{going} "
            f"(made for {found.urn})"
        )
