"""Makes `policies/config/<profile>.json`, the files for `--policy-pack-config`, from `profiles.yaml`.

`make docs` writes them. An unknown rule, setting or level is an error here, because the engine ignores a misspelt rule
name.
"""

import difflib
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_args

import policies.rules  # noqa: F401 - registers the rules
from policies.library.rules import PROFILES, REGISTRY, Level, Rule
from policies.library.yaml_text import DamagedFileError, read_file

SOURCE: Final = Path(__file__).with_name("profiles.yaml")
TARGET: Final = Path(__file__).with_name("config")
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
}


class ProfileError(Exception):
    """A profile with an unknown name or an invalid value; the message has the place and the nearest name."""


def _nearest(where: str, what: str, name: str, known: Collection[str]) -> ProfileError:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else f"; known are {', '.join(sorted(known))}"
    return ProfileError(f"{SOURCE.name}, {where}: there is no {what} {name}{hint}")


def _mapping(where: str, value: Any) -> Mapping[str, Any]:
    """The mapping, an empty one where the file says nothing."""
    if value is not None and not isinstance(value, Mapping):
        raise ProfileError(f"{SOURCE.name}: {where} must be a mapping of names to values; it is {value!r}")
    return value or {}


def _check_value(where: str, rule: Rule, name: str, value: Any) -> None:
    if name not in rule.settings:
        raise _nearest(where, f"setting of {rule.name} called", name, rule.settings)
    schema = rule.settings[name].schema
    wanted = _TYPES[schema["type"]]
    place = f"{SOURCE.name}, {where}: {name} of {rule.name}"
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise ProfileError(f"{place} must be of type {schema['type']}; it is {value!r}")
    items = schema.get("items", {})
    for item in value if isinstance(value, list) else ():
        if not isinstance(item, _TYPES.get(items.get("type"), (object,))) or item not in items.get("enum", (item,)):
            raise ProfileError(f"{place} must list {items.get('enum', items.get('type'))}; it has {item!r}")
    if "enum" in schema and value not in schema["enum"]:
        raise ProfileError(f"{place} must be one of {schema['enum']}; it is {value!r}")
    if "minimum" in schema and value < schema["minimum"]:
        raise ProfileError(f"{place} must be at least {schema['minimum']}; it is {value!r}")


def _section(
    profile: str, section: Mapping[str, Any], rules: Mapping[str, Rule]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Settings and levels of a profile."""
    for key in section:
        if key not in ("settings", "levels"):
            raise _nearest(profile, "key", key, ("settings", "levels"))
    settings = _mapping(f"{profile}.settings", section.get("settings"))
    levels = _mapping(f"{profile}.levels", section.get("levels"))
    for name in (*settings, *levels):
        if name not in rules:
            raise _nearest(profile, "rule", name, rules)
    for name, level in levels.items():
        if level not in get_args(Level):
            raise _nearest(f"{profile}, {name}", "level", str(level), get_args(Level))
    for name, values in settings.items():
        for key, value in _mapping(f"{profile}.settings.{name}", values).items():
            _check_value(profile, rules[name], key, value)
    return settings, levels


Declared = Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]
"""Profile, rule and setting -> what the stack files of the profile add to the setting's list."""


def build(
    source: Mapping[str, Any], rules: Mapping[str, Rule] = REGISTRY, *, declared: Declared | None = None
) -> dict[str, dict[str, Any]]:
    """Pack configuration of each profile.

    Raises:
        ProfileError: an unknown profile, rule, setting or level, or a value that the setting does not take.
    """
    for profile in _mapping("the file", source):
        if profile not in PROFILES:
            raise _nearest("top level", "profile", str(profile), PROFILES)
    built: dict[str, dict[str, Any]] = {}
    for profile in PROFILES:
        settings, levels = _section(profile, _mapping(profile, source.get(profile)), rules)
        built[profile] = {
            name: {
                "enforcementLevel": levels.get(name, rule.levels[profile]),
                **rule.defaults,
                **settings.get(name, {}),
            }
            for name, rule in sorted(rules.items())
        }
        for name, values in (declared or {}).get(profile, {}).items():
            for key, entries in values.items():
                kept = built[profile][name][key]
                built[profile][name][key] = [*kept, *(entry for entry in entries if entry not in kept)]
    return built


def pages(declared: Declared) -> dict[Path, str]:
    """Path -> text that belongs there.

    Raises:
        ProfileError: see `build`.
    """
    try:
        source = read_file(SOURCE)
    except DamagedFileError as error:
        raise ProfileError(str(error)) from error
    built = build(source, declared=declared)
    return {TARGET / f"{profile}.json": json.dumps(content, indent=2) + "\n" for profile, content in built.items()}
