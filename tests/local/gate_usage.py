"""Which grants of roles and which rules of security groups a run used, by its journal.

`why` of an allowed entry names what allowed it: `allowed by <Sid> of <policy> and <Sid> of <policy>`, `<rule>; <rule>`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from local.state import Deployed

_ROLE: Final = "aws:iam/role:Role"
_INLINE: Final = "aws:iam/rolePolicy:RolePolicy"
_RULES: Final = (
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
)
Entry = Mapping[str, Any]
# Grants that a run on one machine cannot use, or that only faults use: role, policy, statement, action -> reason.
REASONS: Final[Mapping[tuple[str, str, str, str], str]] = {
    ("*-start", "*", "*", "*"): "ECS pulls images and writes logs for a task; here tasks are processes",
    ("*", "*-tracing", "Trace", "*"): "the collector of traces is an image that does not run here",
    ("*", "*", "Log", "logs:*"): "Lambda writes the logs of a function; here they are files",
    ("*", "*", "KeyOfVariables", "kms:Decrypt"): "Lambda decrypts the variables of a function",
    ("*", "files-*", "Mount", "elasticfilesystem:*"): "EFS is a folder here",
    ("network-flow-logs", "*", "*", "*"): "the VPC has no traffic here",
    (
        "*",
        "*-stream-by-*",
        "Stream",
        "dynamodb:[!G]*",
    ): "pipes of AWS look for shards; here one reader has the whole stream",
    ("*", "*-stream-by-*", "Stream", "dynamodb:GetShardIterator"): "as above",
    (
        "*",
        "*-read-by-*",
        "Read",
        "kinesis:[!G]*",
    ): "mappings of AWS look for shards; here one reader has the whole stream",
    ("*", "*-read-by-*", "Read", "kinesis:GetShardIterator"): "as above",
    ("*", "*-dead-send-by-*", "*", "*"): "only what fails for long goes to a dead-letter queue",
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html#dynamodb-kms-authz
    ("*", "*", "KeyThroughDynamoDb", "kms:[!D]*"): "DynamoDB's guide demands them of who uses an encrypted table",
    ("*", "*", "KeyThroughDynamoDb", "kms:DescribeKey"): "as above",
    # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    ("*", "*-receive-by-*", "Messages", "sqs:GetQueueAttributes"): "Lambda demands it of a role that a mapping uses",
}


@dataclass(frozen=True, order=True)
class Grant:
    """One action of one statement; names are those of the program."""

    role: str
    policy: str
    statement: str
    action: str

    def matches(self, pattern: tuple[str, str, str, str]) -> bool:
        return all(map(fnmatchcase, (self.role, self.policy, self.statement, self.action), pattern))


def read_journal(path: Path) -> list[Entry]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def grants(deployed: Deployed) -> set[Grant]:
    """All actions that inline policies allow to roles."""
    names = {role.outputs["name"]: role.name for role in deployed.of_type(_ROLE)}
    found = set()
    for policy in deployed.of_type(_INLINE):
        for position, statement in enumerate(json.loads(policy.outputs["policy"])["Statement"], start=1):
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            label = str(statement.get("Sid") or position)
            if statement["Effect"] == "Allow":
                role = names[policy.outputs["role"]]
                found |= {Grant(role, policy.name, label, action) for action in actions}
    return found


def unused_grants(deployed: Deployed, entries: Iterable[Entry]) -> list[Grant]:
    """Grants that no allowed call of the journal needed."""
    names = {role.outputs["name"]: role.name for role in deployed.of_type(_ROLE)}
    used: dict[tuple[str, str], set[str]] = {}
    for entry in entries:
        if entry["kind"] == "call" and entry["allowed"] and ":assumed-role/" in entry["principal"]:
            role = names.get(entry["principal"].split("/")[1], "")
            for statement in entry["why"].removeprefix("allowed by ").split(" and "):
                used.setdefault((role, statement), set()).add(entry["action"].lower())
    return sorted(
        grant
        for grant in grants(deployed)
        if not any(
            fnmatchcase(action, grant.action.lower())
            for action in used.get((grant.role, f"{grant.statement} of {grant.policy}"), ())
        )
    )


def unexplained(found: Iterable[Grant]) -> list[Grant]:
    """Those for which there is no reason."""
    return [grant for grant in found if not any(map(grant.matches, REASONS))]


def unused_statements(deployed: Deployed, entries: Iterable[Entry]) -> list[tuple[str, str, str]]:
    """Role, policy and statement of which not one action was needed, without a reason: they should not be there."""
    unused = set(unused_grants(deployed, entries))
    needed = {(grant.role, grant.policy, grant.statement) for grant in grants(deployed) - unused}
    return sorted({(grant.role, grant.policy, grant.statement) for grant in unexplained(unused)} - needed)


def unused_rules(deployed: Deployed, entries: Iterable[Entry]) -> list[str]:
    """Rules that no allowed connection of the journal needed."""
    used = {
        name
        for entry in entries
        if entry["kind"] == "connection" and entry["allowed"]
        for name in entry["why"].split("; ")
    }
    return sorted(rule.name for token in _RULES for rule in deployed.of_type(token) if rule.name not in used)
