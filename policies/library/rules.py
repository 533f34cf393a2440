"""The registry of rules, and the subject of a judgement."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, get_args

from policies.library.resources import Resource, Stack
from policies.library.values import (
    MISSING,
    UNKNOWN,
    as_flag,
    as_list,
    as_number,
    as_text,
    is_aws_key,
    read,
    show,
)

Severity = Literal["low", "medium", "high", "critical"]
Level = Literal["disabled", "advisory", "mandatory"]
Profile = Literal["dev", "staging", "prod"]
PROFILES: Final[tuple[Profile, ...]] = get_args(Profile)
PACKS: Final = {
    "waf": "Web application firewall and edge",
    "encryption": "Encryption at rest and in transit",
    "multi_az": "Several availability zones",
    "guardrails": "Exposure, least privilege, logging and tags",
    "register": "The packs' own profile and waivers",
}
_SECURITY_HUB: Final = "https://docs.aws.amazon.com/securityhub/latest/userguide"


class Setting(NamedTuple):
    """A setting of a rule, by JSON schema; without a profile the default is used."""

    default: Any
    schema: Mapping[str, Any]
    description: str


class Problem(NamedTuple):
    """One problem of a resource: its property, and the message."""

    path: str
    text: str


@dataclass
class Subject:
    """A resource under one rule. Reads of unknown values are recorded, so that the judgement counts as deferred."""

    resource: Resource
    config: Mapping[str, Any]
    stack: Stack = field(default_factory=lambda: Stack(()))
    deferred: set[str] = field(default_factory=set)
    inside: list["Subject"] = field(default_factory=list)
    """Parts of the same resource that rules judge as separate resources."""

    def _noted(self, path: str, value: Any) -> Any:
        if value is UNKNOWN:
            self.deferred.add(path)
        return value

    def has(self, path: str) -> bool:
        """Whether a value is set, known or not."""
        value = read(self.resource.props, path)
        return not (value is MISSING or value in ("", []))

    def lacks_customer_key(self, path: str) -> bool:
        """Whether the property is not set, or names an AWS managed key."""
        return not self.has(path) or is_aws_key(read(self.resource.props, path))

    def value(self, path: str) -> Any:
        return self._noted(path, read(self.resource.props, path))

    def flag(self, path: str) -> Any:
        return self._noted(path, as_flag(read(self.resource.props, path)))

    def text(self, path: str) -> Any:
        return self._noted(path, as_text(read(self.resource.props, path)))

    def number(self, path: str) -> Any:
        return self._noted(path, as_number(read(self.resource.props, path)))

    def items(self, path: str) -> list[Any]:
        """Known items of a list; unknown ones are recorded."""
        value = self.value(path)
        return [item for item in as_list(value) if self._noted(path, item) is not UNKNOWN and item is not None]

    def blocks(self, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Blocks of a list (or the single block) with the path of each; unknown ones are recorded and left out."""
        value = self.value(path)
        single = not isinstance(value, list)
        for index, item in enumerate(as_list(value)):
            place = path if single else f"{path}[{index}]"
            if isinstance(item, dict):
                yield place, item
            elif item is not None:
                self.deferred.add(place)

    def defer(self, path: str) -> None:
        self.deferred.add(path)

    def problem(self, path: str, reason: str) -> Problem:
        """A problem at a path, with the value found there."""
        value = read(self.resource.props, path)
        place = self.resource.written(path)
        unknown = value is UNKNOWN or (isinstance(value, list) and value and all(item is UNKNOWN for item in value))
        found = "" if unknown else f" is {show(path, value)}"
        return Problem(path, f"{place}{found}; {reason}" if found else f"{place}: {reason}")


def together(subjects: Iterable[Subject]) -> list[Subject]:
    """The subjects of each program resource as one."""
    found: dict[str, Subject] = {}
    for subject in subjects:
        first = found.setdefault(subject.resource.home.urn, subject)
        if first is not subject:
            first.inside.append(subject)
    return list(found.values())


Judgement = Callable[[Subject], Iterable[Problem]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule with all its texts for reports, profiles and documentation."""

    name: str
    """`<service>-<resource>-<requirement>`; never reused for another meaning."""
    control: str
    """Id in the control catalogue, `WAF-01`."""
    pack: str
    title: str
    why: str
    fix: str
    severity: Severity
    levels: Mapping[Profile, Level]
    kinds: tuple[str, ...]
    """Kinds judged (`lb/listener`, see `kinds.py`); `("*",)` for all."""
    paths: tuple[str, ...]
    """Properties that the rule reads, of its first kind that has them; of another kind as `kind · path`."""
    stack_kinds: tuple[str, ...]
    """Kinds that this rule judges against the whole stack, once all resources are known, instead of one by one."""
    references: tuple[str, ...]
    url: str
    settings: Mapping[str, Setting]
    judge: Judgement
    limits: str = ""

    @property
    def judges_stack(self) -> bool:
        """Whether the rule judges all its kinds against the whole stack."""
        return self.stack_kinds == self.kinds

    @property
    def defaults(self) -> dict[str, Any]:
        return {name: setting.default for name, setting in self.settings.items()}

    @property
    def display_name(self) -> str:
        return f"{self.control} {self.title}"

    @property
    def tags(self) -> list[str]:
        return [self.pack.replace("_", "-"), f"control:{self.control}", *self.references]


REGISTRY: Final[dict[str, Rule]] = {}


def _url(references: tuple[str, ...]) -> str:
    for reference in references:
        framework, _, control = reference.partition(":")
        if framework == "fsbp":
            service = control.split(".")[0].lower()
            return f"{_SECURITY_HUB}/{service}-controls.html#{control.lower().replace('.', '-')}"
    raise ValueError("a rule without a Security Hub control must have a url")


def rule(
    name: str,
    *,
    control: str,
    pack: str,
    title: str,
    why: str,
    fix: str,
    severity: Severity,
    dev: Level,
    prod: Level = "mandatory",
    staging: Level | None = None,
    kinds: tuple[str, ...],
    paths: tuple[str, ...] = (),
    stack_kinds: tuple[str, ...] = (),
    references: tuple[str, ...] = (),
    url: str = "",
    settings: Mapping[str, Setting] | None = None,
    limits: str = "",
) -> Callable[[Judgement], Judgement]:
    """Register a judgement as a rule.

    Staging has the levels of prod, but advisory for availability. `stack_kinds=("*",)` stands for all of `kinds`.
    """
    if name in REGISTRY:
        raise ValueError(f"rule {name} must be registered once only")
    if pack not in PACKS:
        raise ValueError(f"rule {name}: pack must be one of {', '.join(PACKS)}; it is {pack}")
    if staging is None:
        staging = "advisory" if prod == "mandatory" and control.startswith(("HA-", "BCK-")) else prod

    def register(judge: Judgement) -> Judgement:
        REGISTRY[name] = Rule(
            name=name,
            control=control,
            pack=pack,
            title=title,
            why=why,
            fix=fix,
            severity=severity,
            levels={"dev": dev, "staging": staging, "prod": prod},
            kinds=kinds,
            paths=paths,
            stack_kinds=kinds if stack_kinds == ("*",) else stack_kinds,
            references=references,
            url=url or _url(references),
            settings=settings or {},
            judge=judge,
            limits=limits,
        )
        return judge

    return register
