"""The reviewed register of waivers: which finding is accepted for which resource, why, by whom and until when."""

import fnmatch
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from policies.library.resources import STACK_TYPE
from policies.library.rules import PROFILES, Rule
from policies.library.yaml_text import DamagedFileError, read_file

REGISTER: Final = Path(__file__).resolve().parents[1] / "waivers.yaml"
LONGEST_DAYS: Final = {"critical": 30, "high": 90, "medium": 180, "low": 180}
_KEYS: Final = ("rule", "urn", "environments", "reason", "owner", "granted", "expires")


class RegisterError(Exception):
    """The register cannot be read; the message names the entry and the fix."""


@dataclass(frozen=True)
class Waiver:
    rule: str
    urn: str
    """Glob over URNs, `*::aws:lb/loadBalancer:LoadBalancer::web`; the types of parent components may be left out."""
    environments: tuple[str, ...]
    reason: str
    owner: str
    granted: date
    expires: date

    def covers(self, rule: str, urn: str, environment: str) -> bool:
        if rule != self.rule or environment not in self.environments:
            return False
        parts = urn.split("::")
        if len(parts) > 2:
            parts[2] = parts[2].rsplit("$", 1)[-1]
        return any(fnmatch.fnmatchcase(form, self.urn) for form in (urn, "::".join(parts)))

    def is_for(self, project: str) -> bool:
        """Whether the waiver is for stacks of the project: for those of all projects if the URN names none."""
        root, _, rest = self.urn.partition("::")
        return not root.startswith("urn:pulumi:") or fnmatch.fnmatchcase(project, rest.split("::")[0])

    def is_live(self, today: date) -> bool:
        return self.granted <= today <= self.expires

    def __str__(self) -> str:
        return f"waiver of {self.rule} for {self.urn} (owner {self.owner}, expires {self.expires})"


def _entry(where: str, item: Any) -> Waiver:
    if not isinstance(item, dict) or set(item) != set(_KEYS):
        found = ", ".join(map(str, item)) if isinstance(item, dict) else repr(item)
        raise RegisterError(f"{where}: must have exactly the keys {', '.join(_KEYS)}; found {found}")
    for key in ("rule", "urn", "reason", "owner"):
        if not isinstance(item[key], str) or not item[key].strip():
            raise RegisterError(f"{where}: {key} must be a text that is not empty; found {item[key]!r}")
    environments = item["environments"]
    known = isinstance(environments, list) and all(name in PROFILES for name in environments)
    if not known or not environments:
        raise RegisterError(f"{where}: environments must list some of {', '.join(PROFILES)}; found {environments!r}")
    days = {key: _day(f"{where}: {key}", item[key]) for key in ("granted", "expires")}
    return Waiver(**{**item, **days, "environments": tuple(environments)})


def _day(what: str, given: Any) -> date:
    if isinstance(given, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", given):
        try:
            return date.fromisoformat(given)
        except ValueError as error:
            raise RegisterError(f"{what} must be a date of the calendar; found {given}: {error}") from error
    raise RegisterError(f"{what} must be a date like 2026-01-31; found {given!r}")


def urn_glob(rule: Rule) -> str:
    """URN pattern for waivers of the rule: a resource of its first kind, in any component."""
    kind = rule.kinds[0]
    _, _, member = kind.partition("/")
    token = kind if not member else f"aws:{kind}:{member[0].upper()}{member[1:]}"
    return {"*": "*::<type>::<name>", STACK_TYPE: f"*::{STACK_TYPE}::*"}.get(kind, f"*::{token}::<name>")


def load(path: Path = REGISTER) -> tuple[Waiver, ...]:
    """The waivers of a register.

    Raises:
        RegisterError: the file is no list of complete entries.
    """
    try:
        content = read_file(path)
    except DamagedFileError as error:
        raise RegisterError(str(error)) from error
    entries = content.get("waivers") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise RegisterError(f"{path.name}: must be a mapping with one key, waivers, holding a list")
    return tuple(_entry(f"{path.name}, waiver {number}", item) for number, item in enumerate(entries, 1))


def defects(waivers: Iterable[Waiver], rules: Mapping[str, Rule], today: date) -> list[str]:
    """Problems of entries in any stack: unknown rule, too long a life, expiry before grant, expired."""
    found: list[str] = []
    for waiver in waivers:
        rule = rules.get(waiver.rule)
        if rule is None:
            found.append(f"{waiver}: must name a rule that exists")
            continue
        longest = LONGEST_DAYS[rule.severity]
        if waiver.expires < waiver.granted:
            found.append(f"{waiver}: must be granted before it expires; it is granted {waiver.granted}")
        elif waiver.expires - waiver.granted > timedelta(days=longest):
            found.append(f"{waiver}: must last {longest} days at most (severity {rule.severity}); renew it by review")
        if waiver.expires < today:
            found.append(
                f"{waiver}: expired; the finding counts again. Fix the resource, or renew the waiver by review"
            )
    return found
