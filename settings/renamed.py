"""Settings that had another name once: refused under it, with what to write now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from settings.problems import Problem, in_yaml, presentable, shown
from settings.web_acl import EdgeWebAclSettings


@dataclass(frozen=True)
class Renamed:
    """A key that settings no longer have."""

    old: str
    """Dotted path; `*` stands for any one name or position."""
    new: str
    """Its name now, beside the old one."""
    write: Callable[[Any], Mapping[str, Any]]
    """Keys and values now, from the old value."""

    def matches(self, path: Sequence[str | int]) -> bool:
        parts = self.old.split(".")
        return len(parts) == len(path) and all(
            part in ("*", str(given)) for part, given in zip(parts, path, strict=True)
        )


def _count_only(counted: Any) -> Mapping[str, Any]:
    keys = {group.GROUP: key for key, group in EdgeWebAclSettings().groups.items()}
    return {keys[group]: {"count_only": rules} for group, rules in dict(counted).items()}


_ACLS = ("edge.web_acl", "web_tier.load_balancer.web_acl", "api.web_acl", "identity.web_acl")
RENAMED = (
    Renamed("identity.accounts.seal", "confirmed_choice", lambda choice: {"confirmed_choice": choice}),
    *(
        Renamed(
            f"{acl}.requests_per_5_minutes",
            "rate_limits",
            lambda limit: {"rate_limits": [{"name": "all", "limit": limit}]},
        )
        for acl in _ACLS
    ),
    *(Renamed(f"{acl}.counted_rules", "<rule group>.count_only", _count_only) for acl in _ACLS),
)


def renamed(path: tuple[str | int, ...], value: Any) -> Problem | None:
    """What to write in place of an unknown key, if settings had it once."""
    for entry in RENAMED:
        if entry.matches(path):
            return Problem(
                path,
                shown(value, path),
                f"must be `{entry.new}` now: this key has a new name",
                _fix(entry, path, value),
            )
    return None


def _fix(entry: Renamed, path: tuple[str | int, ...], value: Any) -> str:
    try:
        now = entry.write(value)
    except (KeyError, TypeError, ValueError):
        now = None
    if now is None or not presentable(now, path):
        return f"write `{entry.new}`, as docs/settings.md describes it"
    return in_yaml(path[:-1], now)
