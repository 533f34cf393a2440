"""Which statements of roles and which rules of security groups a run used, by its journal.

`why` of an allowed entry names what allowed it: `allowed by <Sid> of <policy> and <Sid> of <policy>`, `<rule>; <rule>`.
"""

import json
from collections.abc import Collection, Iterable, Mapping
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
Name = tuple[str, ...]
"""Names of the program: of role, policy and statement, or of a rule."""

REASONS: Final[Mapping[Name, str]] = {
    ("*-start", "*-start", "Image"): "ECS pulls images; here tasks are processes",
    ("*-start", "*-start", "Cache"): "ECS pulls images through the cache; here tasks are processes",
    ("*-start", "*-start", "RegistryToken"): "ECS pulls images; here tasks are processes",
    ("*-start", "*-start", "Log"): "ECS writes the logs of a task; here they are files",
    ("*", "*-tracing", "Trace"): "the collector of traces is an image that does not run here",
    ("app-*", "app-*", "Log"): "Lambda writes the logs of a function; here they are files",
    ("app-*", "app-*", "KeyOfVariables"): "Lambda decrypts the variables of a function",
    ("app-*", "app-*", "JoinTheNetwork"): "Lambda makes network interfaces; here a function has none",
    ("search-*", "search-*", "Log"): "Lambda writes the logs of a function; here they are files",
    ("search-*", "search-*", "KeyOfVariables"): "Lambda decrypts the variables of a function",
    ("search-*", "search-*", "JoinTheNetwork"): "Lambda makes network interfaces; here a function has none",
    ("search-*", "search-*-send-by-*", "*"): "only what fails for long is set aside",
    ("search-index", "search-index-administers", "*"): "the domain's own policy admits its administrator before",
    ("*-task", "files-read-by-*", "Mount"): "ECS mounts the shared files when a task starts; here they are a folder",
    ("chat", "chat", "Log"): "Lambda writes the logs of a function; here they are files",
    ("chat", "chat", "KeyOfVariables"): "Lambda decrypts the variables of a function",
    ("chat-bot", "chat-bot", "LogConversations"): "Lex writes the log of conversations; here there is none",
    (
        "personalization-data",
        "personalization-data",
        "*",
    ): "Personalize reads with this role; its stand-in reads itself",
    (
        "personalization-forget",
        "personalization-forget",
        "Log",
    ): "Lambda writes the logs of a function; here they are files",
    (
        "personalization-forget",
        "personalization-forget",
        "KeyOfVariables",
    ): "Lambda decrypts the variables of a function",
    ("personalization-forget", "personalization-forget-failed-*", "*"): "only runs that fail are set aside",
    ("network-flow-logs", "*", "*"): "the VPC has no traffic here",
    ("*", "*-outbox-dead-send-by-*", "*"): "only what is no event, or fails for long, is set aside by an outbox",
    ("app-liveness", "app-liveness-*", "*"): "the sources that it looks at are pipes and mappings of Lambda itself",
}
"""Statements that a run on this machine cannot use, or that only faults use: pattern to reason."""
RULE_REASONS: Final[Mapping[Name, str]] = {
    ("app-payment-services-to-s3-443",): "ECS pulls layers of images from S3; here tasks are processes",
    ("web-service-to-s3-443",): "ECS pulls layers of images from S3; here tasks are processes",
    ("*-to-files-2049",): "the shared files are a folder here",
    ("files-from-*-2049",): "the shared files are a folder here",
    ("app-payments-translator-to-internet-443",): "only what is no event goes to SQS from there",
}
"""Rules, likewise."""


def read_journal(path: Path) -> list[Entry]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def statements(deployed: Deployed) -> set[Name]:
    """All statements of inline policies that allow anything: role, policy and statement."""
    names = _roles(deployed)
    return {
        (names[policy.outputs["role"]], policy.name, str(statement.get("Sid") or position))
        for policy in deployed.of_type(_INLINE)
        for position, statement in enumerate(json.loads(policy.outputs["policy"])["Statement"], start=1)
        if statement["Effect"] == "Allow"
    }


def unused_statements(deployed: Deployed, entries: Iterable[Entry]) -> set[Name]:
    """Statements that no allowed call of the journal needed."""
    names = _roles(deployed)
    used: set[tuple[str, str]] = set()
    for entry in entries:
        if entry["kind"] == "call" and entry["allowed"] and ":assumed-role/" in entry["principal"]:
            role = names.get(entry["principal"].split("/")[1], "")
            used |= {(role, found) for found in entry["why"].removeprefix("allowed by ").split(" and ")}
    return {
        (role, policy, statement)
        for role, policy, statement in statements(deployed)
        if (role, f"{statement} of {policy}") not in used
    }


def rules(deployed: Deployed) -> set[Name]:
    """All rules of security groups."""
    return {(rule.name,) for token in _RULES for rule in deployed.of_type(token)}


def unused_rules(deployed: Deployed, entries: Iterable[Entry]) -> set[Name]:
    """Rules that no allowed connection of the journal needed."""
    used = {
        (name,)
        for entry in entries
        if entry["kind"] == "connection" and entry["allowed"]
        for name in entry["why"].split("; ")
    }
    return rules(deployed) - used


def findings(every: Collection[Name], unused: Collection[Name], reasons: Mapping[Name, str]) -> list[str]:
    """What is wrong with what is there, or with its reasons: each is about something, and about nothing that was used.

    Args:
        reasons: Pattern of names to why the run cannot use what it matches.
    """
    found = [f"unused without a reason: {' / '.join(name)}" for name in sorted(unused) if not _of(name, reasons)]
    for pattern in reasons:
        matched = [name for name in every if _matches(name, pattern)]
        used = [name for name in sorted(matched) if name not in unused]
        told = " / ".join(pattern)
        found += [] if matched else [f"a reason for nothing that is there: {told}"]
        found += [f"a reason for what was used: {told} for {' / '.join(name)}" for name in used]
    return found


def _of(name: Name, reasons: Iterable[Name]) -> bool:
    return any(_matches(name, pattern) for pattern in reasons)


def _matches(name: Name, pattern: Name) -> bool:
    return len(name) == len(pattern) and all(map(fnmatchcase, name, pattern))


def _roles(deployed: Deployed) -> dict[str, str]:
    """Name in AWS to logical name of each role."""
    return {role.outputs["name"]: role.name for role in deployed.of_type(_ROLE)}
