"""The packs themselves: profile and register of waivers."""

import fnmatch
import json
from collections.abc import Iterator

from policies.library.judge import PROFILE_RULE, REGISTER_RULE
from policies.library.resources import STACK_TYPE
from policies.library.rules import PROFILES, Problem, Setting, Subject, rule

_GLOBS = {"type": "array", "items": {"type": "string"}}


def _stated_profile(config: dict[str, str]) -> str | None:
    """The profile in the stack's own configuration: key `<project>:environment`, member `profile`."""
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
    why="a production stack under the development profile passes with rules disabled",
    fix="pass --policy-pack-config config/<profile>.json, from the pack's folder, of the stack's own environment",
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
    limits="Stacks with other names, and no environment.profile in their configuration, may run under any profile.",
)
def profile(subject: Subject) -> Iterator[Problem]:
    loaded, stack = subject.config["profile"], subject.stack
    expected = _stated_profile(stack.config)
    by = "by its configuration"
    if expected is None:
        by = "by its name"
        for candidate in ("prod", "staging"):
            if any(fnmatch.fnmatch(stack.name, glob) for glob in subject.config[f"{candidate}_stacks"]):
                expected = candidate
    if expected and PROFILES.index(loaded) < PROFILES.index(expected):
        yield Problem("pulumi:stack", f"stack {stack.name} must run under profile {expected} ({by}), not {loaded}")


@rule(
    REGISTER_RULE,
    control="REG-01",
    pack="register",
    title="The register of waivers is valid",
    why="an outdated waiver may hide a new finding",
    fix="after review, correct or delete the entry in waivers.yaml, in the folder of the pack",
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
