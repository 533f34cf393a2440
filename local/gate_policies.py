"""The policies and keys of a deployed stack, by ARN, from its state."""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any, Final

from moto.iam.aws_managed_policies import aws_managed_policies_data

from iam.errors import PolicyError
from iam.policy import Policy, identity_policy, resource_policy
from iam.services.keys import encrypted
from local.errors import LocalError
from local.state import Deployed, Resource

_TABLE: Final = "aws:dynamodb/table:Table"
_ROLE: Final = "aws:iam/role:Role"
_INLINE: Final = "aws:iam/rolePolicy:RolePolicy"
_ATTACHED: Final = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_FUNCTION: Final = "aws:lambda/function:Function"
_AWS_MANAGED: Final = "arn:aws:iam::aws:policy/"
# Resources whose policy is a resource of its own -> where that has the ARN of what it belongs to.
_APART: Final[Mapping[str, str]] = {
    "aws:sns/topicPolicy:TopicPolicy": "arn",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "secretArn",
    "aws:dynamodb/resourcePolicy:ResourcePolicy": "resourceArn",
    "aws:kinesis/resourcePolicy:ResourcePolicy": "resourceArn",
}
# Resource -> where it has the customer managed key of its data.
_KEYS: Final[Mapping[str, Callable[[Mapping[str, Any]], str | None]]] = {
    _TABLE: lambda outputs: (outputs.get("serverSideEncryption") or {}).get("kmsKeyArn"),
    "aws:sqs/queue:Queue": lambda outputs: outputs.get("kmsMasterKeyId"),
    "aws:sns/topic:Topic": lambda outputs: outputs.get("kmsMasterKeyId"),
    "aws:kinesis/stream:Stream": lambda outputs: outputs.get("kmsKeyId"),
    "aws:secretsmanager/secret:Secret": lambda outputs: outputs.get("kmsKeyId"),
    "aws:ssm/parameter:Parameter": lambda outputs: outputs.get("keyId"),
}


class DeployedPolicies:
    """What IAM would look up for a request."""

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed
        self._identity = lru_cache(maxsize=None)(self._read_identity)
        self._managed = lru_cache(maxsize=None)(self._read_managed)

    def read_all(self) -> None:
        """Read every policy now, so that none fails a call later; those that AWS manages are read when they are needed.

        Raises:
            LocalError: a policy cannot be read.
        """
        try:
            for role in self._deployed.of_type(_ROLE):
                managed = (arn for arn in self._attached(role) if not arn.startswith(_AWS_MANAGED))
                _ = (self._inline(role), [self._managed(arn) for arn in managed], self.boundary(role.arn))
            _ = (self._of_resources, self._of_log_groups)
        except PolicyError as problem:
            raise LocalError(f"the run must understand each policy of the state: {problem}") from None

    def identity(self, role_arn: str) -> tuple[Policy, ...]:
        """Inline and attached policies of a role.

        Raises:
            LocalError: the state holds no such role, or not a policy that it has.
        """
        return self._identity(role_arn)

    def boundary(self, role_arn: str) -> Policy | None:
        arn = self._role(role_arn).outputs.get("permissionsBoundary")
        return self._managed(arn) if arn else None

    def of_resource(self, arn: str) -> Policy | None:
        """Policy of a resource; that of a bucket for its objects, the trust policy for a role."""
        found = self._of_resources.get(encrypted(arn))
        return self._of_log_groups if found is None and arn.startswith("arn:aws:logs:") else found

    def key_of(self, arn: str) -> str | None:
        """ARN of the customer managed key of a resource; None with a key of AWS."""
        return self._keys.get(encrypted(arn))

    def tags(self, arn: str) -> Mapping[str, str]:
        found = self._deployed.by_arn(encrypted(arn))
        return (found.outputs.get("tagsAll") or {}) if found else {}

    def role(self, role_arn: str) -> Mapping[str, Any]:
        """Outputs of a role.

        Raises:
            LocalError: the state holds no such role.
        """
        return self._role(role_arn).outputs

    def arn_of(self, service: str, name: str) -> str | None:
        """ARN of a secret by its name, of a key by its id, alias or ARN of an alias; None if there is none."""
        return self._names.get(service, {}).get(name)

    def as_in_state(self, arn: str) -> str:
        """The stream of a table has its time of creation in its ARN, which is another one in the emulator."""
        table = self._deployed.by_arn(encrypted(arn)) if "/stream/" in arn else None
        return (table.outputs.get("streamArn") or arn) if table else arn

    def partition_key(self, table: str, index: str) -> str | None:
        outputs = self._tables.get(table)
        if outputs is None or not index:
            return outputs["hashKey"] if outputs else None
        indexes = [*(outputs.get("globalSecondaryIndexes") or ()), *(outputs.get("localSecondaryIndexes") or ())]
        return next((found.get("hashKey") or outputs["hashKey"] for found in indexes if found["name"] == index), None)

    def _role(self, arn: str) -> Resource:
        found = self._deployed.by_arn(arn)
        if found is None or found.type != _ROLE:
            raise LocalError(f"the state must hold the role {arn}, whose credentials a process uses")
        return found

    def _read_identity(self, role_arn: str) -> tuple[Policy, ...]:
        role = self._role(role_arn)
        return (*self._inline(role), *map(self._managed, self._attached(role)))

    def _inline(self, role: Resource) -> list[Policy]:
        """The provider lists those that are resources of their own again."""
        name = role.outputs["name"]
        own = [one for one in self._deployed.of_type(_INLINE) if one.outputs["role"] == name]
        known = {one.outputs["name"] for one in own}
        listed = [one for one in role.outputs.get("inlinePolicies") or () if one.get("policy")]
        return [
            *(identity_policy(one.outputs["policy"], one.name) for one in own),
            *(identity_policy(one["policy"], one["name"]) for one in listed if one["name"] not in known),
        ]

    def _attached(self, role: Resource) -> list[str]:
        name = role.outputs["name"]
        attached = [
            one.outputs["policyArn"] for one in self._deployed.of_type(_ATTACHED) if one.outputs["role"] == name
        ]
        return list(dict.fromkeys([*attached, *(role.outputs.get("managedPolicyArns") or ())]))

    def _read_managed(self, arn: str) -> Policy:
        found = self._deployed.by_arn(arn)
        if found:
            return identity_policy(found.outputs["policy"], found.name)
        if arn.startswith(_AWS_MANAGED):
            return _of_aws(arn)
        raise LocalError(f"the state must hold the policy {arn}, which a role has")

    @cached_property
    def _of_resources(self) -> Mapping[str, Policy]:
        return {arn: resource_policy(document, name) for arn, name, document in self._documents() if document}

    def _documents(self) -> Iterable[tuple[str, str, Any]]:
        """ARN, name for messages and document of each policy of a resource."""
        state = self._deployed
        yield from ((found.arn, found.name, found.outputs["assumeRolePolicy"]) for found in state.of_type(_ROLE))
        yield from ((key.arn, key.name, key.outputs["policy"]) for key in state.of_type("aws:kms/key:Key"))
        queues = {queue.outputs["url"]: queue.arn for queue in state.of_type("aws:sqs/queue:Queue")}
        for found in state.of_type("aws:sqs/queuePolicy:QueuePolicy"):
            yield queues[found.outputs["queueUrl"]], found.name, found.outputs["policy"]
        for found in state.of_type("aws:s3/bucketPolicy:BucketPolicy"):
            yield f"arn:aws:s3:::{found.outputs['bucket']}", found.name, found.outputs["policy"]
        buses = {bus.outputs["name"]: bus.arn for bus in state.of_type("aws:cloudwatch/eventBus:EventBus")}
        for found in state.of_type("aws:cloudwatch/eventBusPolicy:EventBusPolicy"):
            yield buses[found.outputs["eventBusName"]], found.name, found.outputs["policy"]
        for token, member in _APART.items():
            yield from ((found.outputs[member], found.name, found.outputs["policy"]) for found in state.of_type(token))
        for found in state.of_type("aws:cloudcontrol/resource:Resource"):
            if found.outputs["typeName"] == "AWS::Lex::ResourcePolicy":
                stated = json.loads(found.outputs["desiredState"])
                yield stated["ResourceArn"], found.name, stated["Policy"]
        for domain in state.of_type("aws:opensearch/domain:Domain"):
            yield domain.arn, domain.name, domain.outputs.get("accessPolicies")
        for function in state.of_type(_FUNCTION):
            yield function.arn, f"permissions of {function.name}", self._permissions(function)

    def _permissions(self, function: Resource) -> Mapping[str, Any] | None:
        """Lambda writes a statement for each permission.

        https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
        """
        names = (function.arn, function.outputs["name"])
        statements = [
            _statement(found.outputs, function.arn)
            for found in self._deployed.of_type("aws:lambda/permission:Permission")
            if found.outputs["function"] in names
        ]
        return {"Version": "2012-10-17", "Statement": statements} if statements else None

    @cached_property
    def _of_log_groups(self) -> Policy | None:
        """CloudWatch Logs has resource policies of the account; log groups have none of their own."""
        found = self._deployed.of_type("aws:cloudwatch/logResourcePolicy:LogResourcePolicy")
        documents = [json.loads(entry.outputs["policyDocument"]) for entry in found]
        statements = [statement for document in documents for statement in document["Statement"]]
        whole = {"Version": "2012-10-17", "Statement": statements}
        return resource_policy(whole, "log resource policies") if statements else None

    @cached_property
    def _keys(self) -> Mapping[str, str]:
        keys = {
            resource.arn: key
            for token, read in _KEYS.items()
            for resource in self._deployed.of_type(token)
            if (key := read(resource.outputs))
        }
        token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        for found in self._deployed.of_type(token):
            applied = found.outputs["rules"][0].get("applyServerSideEncryptionByDefault") or {}
            if applied.get("kmsMasterKeyId"):
                keys[f"arn:aws:s3:::{found.outputs['bucket']}"] = applied["kmsMasterKeyId"]
        # A key of AWS has an alias of AWS, which the state does not hold; its policy admits all of the account.
        ours = {arn: self.arn_of("kms", key) for arn, key in keys.items()}
        return {arn: key for arn, key in ours.items() if key}

    @cached_property
    def _names(self) -> Mapping[str, Mapping[str, str]]:
        found = self._deployed.of_type("aws:kms/key:Key")
        keys: dict[str, str] = {name: key.arn for key in found for name in (key.id, key.arn)}
        for alias in self._deployed.of_type("aws:kms/alias:Alias"):
            target: str = alias.outputs["targetKeyArn"]
            keys |= {alias.outputs["name"]: target, alias.arn: target}
        found = self._deployed.of_type("aws:secretsmanager/secret:Secret")
        secrets: dict[str, str] = {name: one.arn for one in found for name in (str(one.outputs["name"]), one.arn)}
        return {"kms": keys, "secretsmanager": secrets}

    @cached_property
    def _tables(self) -> Mapping[str, Mapping[str, Any]]:
        return {table.outputs["name"]: table.outputs for table in self._deployed.of_type(_TABLE)}


def _statement(permission: Mapping[str, Any], function: str) -> Mapping[str, Any]:
    who = permission["principal"]
    conditions: dict[str, dict[str, str]] = {}
    if permission.get("sourceArn"):
        conditions["ArnLike"] = {"aws:SourceArn": permission["sourceArn"]}
    if permission.get("sourceAccount"):
        conditions["StringEquals"] = {"aws:SourceAccount": permission["sourceAccount"]}
    qualifier = permission.get("qualifier")
    return {
        "Sid": permission["statementId"],
        "Effect": "Allow",
        "Principal": {"Service" if who.endswith(".amazonaws.com") else "AWS": who},
        "Action": permission["action"],
        "Resource": f"{function}:{qualifier}" if qualifier else function,
        "Condition": conditions,
    }


@lru_cache
def _of_aws(arn: str) -> Policy:
    """A policy that AWS manages, as moto has collected it."""
    name = arn.rpartition("/")[2]
    found = json.loads(aws_managed_policies_data).get(name)
    if found is None:
        raise LocalError(f"the policy {arn} must be one that moto knows: its statements are not in the state")
    return identity_policy(found["Document"], name)
