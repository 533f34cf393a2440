"""Settings that had another name once: refused under it, with what to write now."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from settings.problems import Place, Problem, presentable, shown
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
    elsewhere: bool = False
    """`new` and the keys of `write` begin at the section, not beside the old key."""

    def matches(self, path: Sequence[str | int]) -> bool:
        parts = self.old.split(".")
        return len(parts) == len(path) and all(
            part in ("*", str(given)) for part, given in zip(parts, path, strict=True)
        )


def _count_only(counted: Any) -> Mapping[str, Any]:
    keys = {group.GROUP: key for key, group in EdgeWebAclSettings().groups.items()}
    return {keys[group]: {"count_only": rules} for group, rules in dict(counted).items()}


_OF_EVENTS = ("endpoint", "method", "auth", "rate_limit_per_second", "retry_hours", "retry_attempts", "sends")


def _registered(parties: Any) -> Mapping[str, Any]:
    """Third parties in the form of the register, which also asks for their companies."""
    found = {}
    for name, party in dict(parties).items():
        calls = {key: value for key, value in dict(party).items() if key in _OF_EVENTS}
        found[name] = {**{key: value for key, value in party.items() if key not in calls}, "events": calls}
    return {"third_parties": {"parties": found}}


def _named(_url: Any) -> Mapping[str, Any]:
    return {"third_parties": ["payment"]}


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
    Renamed("events.third_parties", "third_parties.parties", _registered, elsewhere=True),
    Renamed("app_tier.services.*.payment_provider", "third_parties", _named),
    *(Renamed(f"{acl}.counted_rules", "<rule group>.count_only", _count_only) for acl in _ACLS),
)


def renamed(path: Place, value: Any) -> Problem | None:
    """What to write in place of an unknown key, if settings had it once."""
    for entry in RENAMED:
        if entry.matches(path):
            edits = _edits(entry, path, value)
            return Problem(
                path,
                shown(value, path),
                f"must be `{entry.new}` now: this key has a new name",
                "" if edits else f"write `{entry.new}`, as docs/settings.md describes it",
                edits,
            )
    return None


def _edits(entry: Renamed, path: Place, value: Any) -> tuple[tuple[Place, Any], ...]:
    try:
        now = entry.write(value)
    except (KeyError, TypeError, ValueError):
        return ()
    return tuple(_leaves(() if entry.elsewhere else path[:-1], now)) if presentable(now, path) else ()


def _leaves(path: Place, value: Any) -> Iterator[tuple[Place, Any]]:
    if not isinstance(value, Mapping):
        yield path, value
        return
    for key, below in value.items():
        yield from _leaves((*path, key), below)
