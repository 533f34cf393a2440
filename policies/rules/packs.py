"""Guards over the whole stack: required tags, the right profile, a register of waivers that is in order."""

import fnmatch
import json
from collections.abc import Iterator
from typing import Any

from policies.library.judge import PROFILE_RULE, REGISTER_RULE
from policies.library.resources import STACK_TYPE, Resource
from policies.library.rules import PROFILES, Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, UNKNOWN_TEXTS, read

_GLOBS = {"type": "array", "items": {"type": "string"}}
_TAGS_URL = "https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html"


def default_tags(resource: Resource) -> Any:
    """Default tags of the resource's provider, which the engine hands over as JSON text; `UNKNOWN` if not known."""
    value = read(resource.provider, "defaultTags")
    if isinstance(value, str):
        if any(marker in value for marker in UNKNOWN_TEXTS):
            return UNKNOWN
        try:
            value = json.loads(value)
        except ValueError:
            return UNKNOWN
    tags = {} if value is MISSING else read(value, "tags")
    return {} if tags is MISSING else tags


@rule(
    "aws-resource-required-tags",
    control="TAG-01",
    pack="guardrails",
    title="Resources carry the required tags",
    why="costs, alarms and access are told apart by tags",
    fix="set the tags in default_tags of the provider, or on the resource",
    severity="medium",
    dev="advisory",
    kinds=("*",),
    paths=("tagsAll", "tags"),
    url=_TAGS_URL,
    settings={
        "tags": Setting(["application", "environment", "owner", "cost-center"], _GLOBS, "Keys of the required tags.")
    },
    limits="Judges types for which the provider reports tagsAll, that is all that can have tags.",
)
def required_tags(subject: Subject) -> Iterator[Problem]:
    resource = subject.resource
    if not resource.type.startswith(("aws:", "aws-native:")) or "tagsAll" not in resource.props:
        return
    held: set[str] = set()
    for tags in (resource.props.get("tagsAll"), resource.props.get("tags"), default_tags(resource)):
        if tags is UNKNOWN:
            subject.defer("tagsAll")
            return
        held |= {key.lower() for key in tags} if isinstance(tags, dict) else set()
    missing = [key for key in subject.config["tags"] if key.lower() not in held]
    if missing:
        yield Problem("tags", f"tags lacks {', '.join(missing)}")


def _stated_profile(config: dict[str, str]) -> str | None:
    """The profile that the stack's own configuration states: key `<project>:environment`, member `profile`."""
    for key, value in config.items():
        if key.endswith(":environment"):
            try:
                section = json.loads(value)
            except ValueError:
                continue
            profile = section.get("profile") if isinstance(section, dict) else None
            if profile in PROFILES:
                return profile
    return None


@rule(
    PROFILE_RULE,
    control="TAG-02",
    pack="register",
    title="The stack runs under the profile of its environment",
    why="a production stack under the development profile passes with rules switched off",
    fix="pass --policy-pack-config config/<profile>.json, in the folder of the pack, of the stack's own environment",
    severity="high",
    dev="mandatory",
    kinds=(STACK_TYPE,),
    paths=("pulumi:stack",),
    stack_kinds=("*",),
    url="https://www.pulumi.com/docs/insights/policy/configuration/",
    settings={
        "profile": Setting("prod", {"type": "string", "enum": list(PROFILES)}, "The profile loaded."),
        "prod_stacks": Setting(["prod", "prod-*", "production", "production-*", "live"], _GLOBS, "Stacks of prod."),
        "staging_stacks": Setting(["staging", "staging-*", "stage", "preprod"], _GLOBS, "Stacks of staging."),
    },
    limits="Stacks of other names, whose configuration states no environment.profile, may run under any profile.",
)
def profile(subject: Subject) -> Iterator[Problem]:
    loaded, stack = subject.config["profile"], subject.stack
    expected = _stated_profile(stack.config)
    by = "its configuration states"
    if expected is None:
        by = "its name says"
        for candidate in ("prod", "staging"):
            if any(fnmatch.fnmatch(stack.name, glob) for glob in subject.config[f"{candidate}_stacks"]):
                expected = candidate
    if expected and PROFILES.index(loaded) < PROFILES.index(expected):
        yield Problem("pulumi:stack", f"stack {stack.name} runs under profile {loaded}, {by} {expected}")


@rule(
    REGISTER_RULE,
    control="REG-01",
    pack="register",
    title="The register of waivers is in order",
    why="a waiver that nobody looks at any more hides what it was not meant for",
    fix="correct or delete the entry in waivers.yaml, in the folder of the pack, by review",
    severity="medium",
    dev="advisory",
    prod="mandatory",
    kinds=(STACK_TYPE,),
    paths=("waivers.yaml",),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_securely_operate_control_objectives.html",
)
def register(subject: Subject) -> Iterator[Problem]:
    for text in subject.stack.waiver_problems:
        yield Problem("waivers.yaml", text)
