"""Create, read, update and delete against the simulated cloud."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from offline.aws.cloud import LIVE, PENDING_DELETION, Cloud, Resource
from offline.aws.config import ProviderSettings
from offline.aws.creation import created, known, names_of
from offline.aws.faults import Faults, UnstableError
from offline.aws.ids import Mint
from offline.aws.lookups import down
from offline.aws.outputs import FOLLOWING, is_held, made_outputs
from offline.aws.relations import (
    RefusedError,
    remove_with_contents,
    require_free,
    require_ids,
    require_targets,
    require_unprotected,
    uses_of,
)
from offline.aws.special import special_outputs
from offline.aws.steps import Around, Operation, Run, Step, judge
from offline.checks.block import Block
from offline.kinds import kind_of
from offline.schema import TypeSchema
from offline.tables import words
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
# Settings and links of another resource: a second one of the same id is the same thing, and goes with the first.
_ONE_THING = words("""
    backup/vaultPolicy cloudwatch/compositeAlarm cloudwatch/dashboard cloudwatch/eventBusPolicy cloudwatch/eventRule
    cloudwatch/eventTarget cloudwatch/logMetricFilter cloudwatch/logResourcePolicy cloudwatch/metricAlarm
    dynamodb/contributorInsights dynamodb/resourcePolicy ecr/repositoryPolicy efs/backupPolicy efs/fileSystemPolicy
    iam/groupPolicyAttachment iam/rolePolicy iam/rolePolicyAttachment iam/userPolicyAttachment
    lambda/functionEventInvokeConfig msk/clusterPolicy s3/bucketCorsConfiguration s3/bucketLifecycleConfiguration
    s3/bucketLogging s3/bucketNotification s3/bucketOwnershipControls s3/bucketPolicy s3/bucketPublicAccessBlock
    s3/bucketServerSideEncryptionConfiguration s3/bucketVersioning secretsmanager/secretPolicy sns/topicPolicy
    sqs/queuePolicy sqs/redriveAllowPolicy sqs/redrivePolicy wafv2/webAclLoggingConfiguration
""")
# https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/wafv2/web_acl_association.go: the
# deletion names the protected resource only, so that it takes a newer association away.
_ONE_FOR: Mapping[str, str] = {"wafv2/webAclAssociation": "resourceArn"}
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
    """Every method raises `RefusedError`, `FaultError`, `UnstableError` or `CancelledError` with AWS's words."""

    def __init__(self, cloud: Cloud, faults: Faults, run: Run) -> None:
        self._cloud, self._faults, self._run = cloud, faults, run

    def create(self, subject: Subject, inputs: Properties) -> tuple[str, Properties]:
        """Returns id and outputs."""
        schema, account = subject.schema, subject.settings.account
        failure = self._faults.before(schema.token, "create")
        region = subject.region_of(inputs)
        with self._cloud.transaction():
            require_targets(self._cloud, inputs, account=account, region=region)
            judge(self._step(subject, "create", news=inputs))
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
            self._require_free_arn(resource)
            self._cloud.put(resource, names_of(resource, mint), uses_of(inputs))
        self._run.make((schema.token, identifier))
        if failure:
            self._cloud.note(down(schema.token, identifier), 1)
            raise UnstableError(f"waiting for {schema.token} ({identifier}) create: {failure}", identifier, outputs)
        return identifier, outputs

    def plan(self, subject: Subject, inputs: Properties) -> None:
        """What is known in a preview of the answer to a creation: its refusal."""
        self._require_ids(subject, inputs)
        step = self._step(subject, "create", news=inputs, is_preview=True)
        judge(step)
        if step.around.predecessor is not None:
            require_unprotected(step.around.predecessor)
        self._run.plan(subject.urn, inputs)

    def plan_update(self, subject: Subject, identifier: str, olds: Properties, news: Properties) -> None:
        """What is known in a preview of the answer to an update: its refusal."""
        found = self._find(subject, identifier, olds)
        if found is None:
            raise _gone(subject, identifier)
        self._require_ids(subject, news)
        judge(self._step(subject, "update", found, news=news, is_preview=True))
        self._run.want((subject.schema.token, identifier), news)

    def update(self, subject: Subject, identifier: str, olds: Properties, news: Properties) -> Properties:
        """Returns the outputs."""
        schema, account = subject.schema, subject.settings.account
        failure = self._faults.before(schema.token, "update")
        region, values = subject.region_of(news), known(news)
        with self._cloud.transaction():
            found = self._find(subject, identifier, olds)
            if found is None:
                raise _gone(subject, identifier)
            require_targets(self._cloud, news, account=account, region=region)
            judge(self._step(subject, "update", found, news=news))
            mint = self._mint(
                subject, {**plain(found.outputs), **values}, f"{found.token}|{found.id}", region, (found.id, found.arn)
            )
            following = {
                key
                for key, of in FOLLOWING.get(mint.kind, {}).items()
                if not is_held(found.inputs.get(of), news.get(of))
            }
            special = {  # what was made up once stays; what is switched on or off, or follows an input, comes or goes
                key: value
                for key, value in special_outputs(values, mint, self._cloud).items()
                if found.outputs.get(key) in _NOTHING or value in _NOTHING or key in following
            }
            outputs = made_outputs(schema, news, mint, special=special, before=found.outputs)
            if failure:
                raise UnstableError(f"waiting for {schema.token} ({identifier}) update: {failure}", identifier, outputs)
            found.outputs = outputs
            found.inputs, found.urn = news, subject.urn
            self._cloud.put(found, names_of(found, mint), uses_of(news))
            self._cloud.note(down(schema.token, identifier), 0)
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
            judge(self._step(subject, "delete", found))
            days = _WAITS.get(kind_of(found.token))
            values = plain({**found.outputs, **found.inputs})
            if days and values.get(days) != 0 and not values.get("forceOverwriteReplicaSecret"):
                self._cloud.set_status(found, PENDING_DELETION)
            else:
                for one in self._same_thing(found):
                    remove_with_contents(self._cloud, one)

    def _same_thing(self, found: Resource) -> list[Resource]:
        kind = kind_of(found.token)
        if kind in _ONE_FOR:
            of = plain(found.inputs.get(_ONE_FOR[kind]))
            return self._cloud.mentioning(of, found.token, account=found.account)
        if kind in _ONE_THING:
            return self._cloud.called(found.id, found.token, account=found.account)
        return [found]

    def _step(
        self,
        subject: Subject,
        operation: Operation,
        found: Resource | None = None,
        *,
        news: Properties | None = None,
        is_preview: bool = False,
    ) -> Step:
        """`found`: what is updated or deleted."""
        account, before = subject.settings.account, self._run.key_of(subject.urn) if found is None else None
        around = Around(
            cloud=self._cloud,
            run=self._run,
            account=account,
            region=subject.region_of(news or (found.inputs if found else {})),
            is_preview=is_preview,
            itself=found,
            predecessor=self._cloud.find(*before, account=account) if before else None,
            is_replacement=before is not None,
        )
        return Step(
            kind_of(subject.schema.token), operation, Block(found.inputs if found else {}), Block(news or {}), around
        )

    def _require_ids(self, subject: Subject, inputs: Properties) -> None:
        """Only ids that AWS has made: ARNs may be put together before what they name is made."""
        require_ids(self._cloud, inputs, account=subject.settings.account, region=subject.region_of(inputs))

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

    def _require_free_arn(self, resource: Resource) -> None:
        kind = kind_of(resource.token)
        found = self._cloud.with_arn(resource.arn) if resource.arn and kind not in _OVERWRITTEN else None
        if found is not None and kind_of(found.token) == kind:
            going = " and waits for its deletion" if found.status == PENDING_DELETION else ""
            raise RefusedError(
                f"ResourceAlreadyExistsException: {kind} '{resource.arn}' already exists{going} (made for {found.urn})"
            )


def _gone(subject: Subject, identifier: str) -> RefusedError:
    kind = kind_of(subject.schema.token)
    return RefusedError(f"ResourceNotFoundException: {kind} '{identifier}' does not exist any more")
