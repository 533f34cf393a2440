"""Runs rules over resources: levels, settings, waivers and counts; an exception in a rule becomes a finding."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

from policies.library.findings import Finding
from policies.library.resources import STACK_TYPE, Resource, Stack
from policies.library.rules import PROFILES, Level, Problem, Rule, Subject, together
from policies.library.translation import translate
from policies.library.values import HIDDEN, show
from policies.library.waivers import Waiver, defects

PROFILE_RULE: Final = "pack-stack-profile"
REGISTER_RULE: Final = "pack-waiver-register"


Key = tuple[str, str]
"""Name of a rule, URN of a resource."""


@dataclass
class Record:
    """Results of a run: findings, waived findings, deferred judgements."""

    findings: dict[Key, Finding] = field(default_factory=dict)
    waived: dict[Key, tuple[Finding, Waiver]] = field(default_factory=dict)
    deferred: dict[Key, tuple[str, ...]] = field(default_factory=dict)
    judged: set[Key] = field(default_factory=set)

    def forget(self, key: Key) -> None:
        """Drop the result of an earlier judgement of the same resource."""
        for held in (self.findings, self.waived, self.deferred):
            held.pop(key, None)


def _as_written(resource: Resource, problem: Problem) -> Problem:
    placed, within = _in_place(resource, problem), resource.origin.within
    return Problem(f"{within}.{placed.path}", f"{within}: {placed.text}") if within else placed


def _in_place(resource: Resource, problem: Problem) -> Problem:
    """The problem with its property as the program writes it."""
    written = resource.written(problem.path) if resource.origin.source_path else None
    if written is None:
        return problem
    place = written.split(" ")[0]
    if problem.text.startswith(written):
        return Problem(place, problem.text)
    # The text does not begin with the path, which may stand for a missing resource instead of a property.
    is_property = resource.written(problem.path, needed=False) is not None
    return Problem(place, f"{written}: {problem.text}") if is_property else problem


def _problems(rule: Rule, subject: Subject) -> Iterator[Problem]:
    """Problems of a resource and of its parts, with the paths of the program."""
    unread = subject.resource.home.origin.unread
    if unread:
        subject.defer(unread)
        return
    for one in (subject, *subject.inside):
        for problem in rule.judge(one):
            yield _as_written(one.resource, problem)
        subject.deferred |= one.deferred


def _today() -> date:
    return datetime.now(UTC).date()


def in_profiles(rule: Rule, profile: str) -> str:
    """Where the store's own profiles have the settings of a rule."""
    return f"{profile}.settings.{rule.name} in policies/profiles.yaml (`make docs` writes policies/config)"


def in_configuration(rule: Rule, profile: str) -> str:
    """Where the configuration of a pack for other projects has them."""
    return f"{rule.name} in config/{profile}.json"


class Judge:
    """The rules of one pack under one profile."""

    def __init__(
        self,
        rules: Mapping[str, Rule],
        *,
        waivers: Iterable[Waiver] = (),
        known_rules: Mapping[str, Rule] | None = None,
        today: Callable[[], date] = _today,
        place: Callable[[Rule, str], str] = in_profiles,
    ) -> None:
        """
        Args:
            place: Where a profile sets a rule's settings, for the reader of a finding.
        """
        self.rules = dict(rules)
        self.known_rules = dict(known_rules or rules)
        self.waivers = tuple(waivers)
        self.record = Record()
        self._today = today
        self._place = place
        self._levels: dict[str, Level] = {}
        self._settings: dict[str, dict[str, Any]] = {}
        self._dispatch()

    def configure(self, levels: Mapping[str, Level], settings: Mapping[str, Mapping[str, Any]]) -> None:
        """Use these levels and settings by rule name; other rules keep their own."""
        self._levels = dict(levels)
        self._settings = {name: dict(values) for name, values in settings.items()}
        self._dispatch()

    def level(self, rule: Rule) -> Level:
        return self._levels.get(rule.name, rule.levels["prod"])

    def config(self, rule: Rule) -> dict[str, Any]:
        return {**rule.defaults, **self._settings.get(rule.name, {})}

    @property
    def profile(self) -> str:
        """The profile loaded; without one, rules have their prod levels."""
        profile = self._settings.get(PROFILE_RULE, {}).get("profile")
        return profile if profile in PROFILES else "prod"

    def _dispatch(self) -> None:
        self._own: dict[str, list[Rule]] = defaultdict(list)
        self._of_stack: list[Rule] = []
        for rule in self.rules.values():
            if self.level(rule) == "disabled":
                continue
            if rule.stack_kinds:
                self._of_stack.append(rule)
            for kind in rule.kinds:
                if kind not in rule.stack_kinds:
                    self._own[kind].append(rule)
        # The register's rule is last: unused waivers are known only after all other rules.
        self._of_stack.sort(key=lambda rule: rule.name == REGISTER_RULE)

    def resource(self, resource: Resource) -> list[Finding]:
        """Findings of one resource by itself."""
        subjects: dict[str, list[Subject]] = defaultdict(list)
        for part in translate(resource):
            every = () if part.origin.part_of else self._own.get("*", ())
            for rule in (*self._own.get(part.kind, ()), *every):
                subjects[rule.name].append(Subject(part, self.config(rule)))
        return [
            finding
            for name, held in subjects.items()
            for one in together(held)
            for finding in self._judge(self.rules[name], one)
        ]

    def stack(
        self, resources: Iterable[Resource], *, name: str = "", config: Mapping[str, str] | None = None
    ) -> list[Finding]:
        """Findings about relations between all resources, and about the register of waivers."""
        stack = Stack((part for one in resources for part in translate(one)), name=name, config=config)
        findings: list[Finding] = []
        for rule in self._of_stack:
            if rule.name == REGISTER_RULE:
                stack.waiver_problems = tuple(self._waiver_problems(stack))
            settings = self.config(rule)
            if rule.stack_kinds == (STACK_TYPE,):
                subjects: Iterable[Resource] = (stack.root,)
            else:
                subjects = stack.resources if rule.stack_kinds == ("*",) else stack.of_kind(*rule.stack_kinds)
            managed = (Subject(resource, settings, stack) for resource in subjects if resource.managed)
            for subject in together(managed):
                findings += self._judge(rule, subject)
        return findings

    def _judge(self, rule: Rule, subject: Subject) -> list[Finding]:
        resource = subject.resource.home
        key = (rule.name, resource.urn)
        self.record.judged.add(key)
        self.record.forget(key)
        problems: list[Problem] = []
        failed = ""
        try:
            problems = list(_problems(rule, subject))
        except Exception as error:  # noqa: BLE001 - what no rule has judged must not pass as if one had
            failed = type(error).__name__
        if not problems and not failed:
            if subject.deferred:
                self.record.deferred[key] = tuple(sorted(subject.deferred))
            return []
        note = ""
        accepted: Waiver | None = None
        for waiver in self.waivers:
            if accepted is None and waiver.covers(rule.name, resource.urn, self.profile):
                if waiver.is_live(self._today()):
                    accepted = waiver
                note = f"\nNote: the {waiver} no longer counts."
        if failed:
            advice = (
                "Fix: report the resource's inputs to the owners of this policy pack; until they have mended the rule,"
                f" accept it by a waiver{'' if accepted else note}"
            )
            told = f"rule {rule.name} failed with {failed} and judged nothing."
            place = (resource.urn, resource.kind, resource.name)
            finding = Finding(rule, self.level(rule), *place, told, advice, broken=True)
        else:
            finding = self._finding(rule, subject, problems, "" if accepted else note)
        if accepted:
            self.record.waived[key] = (finding, accepted)
            return []
        self.record.findings[key] = finding
        return [finding]

    def _finding(self, rule: Rule, subject: Subject, problems: Sequence[Problem], note: str) -> Finding:
        resource = subject.resource.home
        texts = list(dict.fromkeys(problem.text for problem in problems))
        shown = texts if len(texts) <= 8 else [*texts[:7], f"and {len(texts) - 7} more of this kind"]
        found = _without("\n  ".join(shown), resource.secrets | subject.stack.secrets)
        ids = ", ".join((rule.control, *rule.references[:2]))
        advice = f"Why: {rule.why}\nFix: {rule.fix}{self._settings_of(rule)}\n{ids} {rule.url}{note}"
        paths = tuple(problem.path for problem in problems)
        return Finding(rule, self.level(rule), resource.urn, resource.kind, resource.name, found, advice, paths)

    def _settings_of(self, rule: Rule) -> str:
        """The settings that the rule was judged by, and where to change them."""
        if not rule.settings:
            return ""
        values = ", ".join(f"{name} is {show(name, value)}" for name, value in self.config(rule).items())
        given = rule.name in self._settings
        return f"\nSetting: {values}{f', by {self._place(rule, self.profile)}' if given else ' by default'}"

    def _waiver_problems(self, stack: Stack) -> Iterable[str]:
        today = self._today()
        mine = [
            waiver
            for waiver in self.waivers
            if waiver.is_for(stack.project) and (waiver.rule in self.rules or waiver.rule not in self.known_rules)
        ]
        yield from defects(mine, self.known_rules, today)
        used = {waiver for _, waiver in self.record.waived.values()}
        for waiver in mine:
            rule = self.rules.get(waiver.rule)
            if rule is None or waiver in used or not waiver.is_live(today) or self.profile not in waiver.environments:
                continue
            if self.level(rule) == "disabled":
                continue
            matching = [
                resource
                for resource in (stack.resources if "*" in rule.kinds else stack.of_kind(*rule.kinds))
                if resource is resource.home and waiver.covers(waiver.rule, resource.urn, self.profile)
            ]
            if all((waiver.rule, resource.urn) in self.record.judged for resource in matching):
                yield f"{waiver}: must be deleted from the register: no finding needs it any more"

    def summary(self) -> str:
        """For the log: number of rules in force, every finding waived, and deferred judgements by rule."""
        active = sum(self.level(rule) != "disabled" for rule in self.rules.values())
        counted = (
            f"{active} of {len(self.rules)} rules in force (profile {self.profile}),"
            f" {len(self.record.waived)} findings waived,"
            f" {len(self.record.deferred)} judgements deferred until values are known"
        )
        waived = [
            f"waived until {waiver.expires}: {finding.rule.name} on {_name(finding.urn)}: {waiver.reason}"
            for finding, waiver in self.record.waived.values()
        ]
        names: dict[str, list[str]] = defaultdict(list)
        for rule, urn in self.record.deferred:
            names[rule].append(_name(urn))
        deferred = [f"deferred: {rule} on {_listed(sorted(names[rule]))}" for rule in sorted(names)]
        return "\n  ".join((counted, *waived, *deferred))


def _name(urn: str) -> str:
    return urn.rpartition("::")[2].strip() or "the stack"


def _listed(names: Sequence[str], most: int = 4) -> str:
    rest = len(names) - most
    return ", ".join(names) if rest <= 1 else f"{', '.join(names[:most])} and {rest} more"


def _without(text: str, secrets: Iterable[str]) -> str:
    """The message with every secret value of the program replaced."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text)
    return text
