"""Write `policies/config/<profile>.json`, the files for `--policy-pack-config`, from `profiles.yaml`.

`python -m policies.profiles` writes them; with `--check` it fails if a file is not current. An unknown rule, setting or
level is an error here, because the engine ignores a misspelt rule name.
"""

import argparse
import difflib
import json
import sys
from collections.abc import Collection, Mapping
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


def build(source: Mapping[str, Any], rules: Mapping[str, Rule] = REGISTRY) -> dict[str, dict[str, Any]]:
    """Pack configuration of each profile.

    Raises:
        ProfileError: an unknown profile, rule, setting or level, or a value that the setting does not take.
    """
    for profile in _mapping("the file", source):
        if profile not in PROFILES:
            raise _nearest("top level", "profile", str(profile), PROFILES)
    built: dict[str, dict[str, Any]] = {}
    for profile in PROFILES:
        section = _mapping(profile, source.get(profile))
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
        built[profile] = {
            name: {
                "enforcementLevel": levels.get(name, rule.levels[profile]),
                **rule.defaults,
                **settings.get(name, {}),
            }
            for name, rule in sorted(rules.items())
        }
    return built


def pages() -> dict[Path, str]:
    """Path -> text that belongs there.

    Raises:
        ProfileError: see `build`.
    """
    try:
        source = read_file(SOURCE)
    except DamagedFileError as error:
        raise ProfileError(str(error)) from error
    built = build(source)
    return {TARGET / f"{profile}.json": json.dumps(content, indent=2) + "\n" for profile, content in built.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only check whether the files are current")
    check = parser.parse_args().check
    try:
        written = pages()
    except ProfileError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    stale = {
        path: text for path, text in written.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        if check:
            sys.stderr.write(f"config/{path.name} is not current: run python -m policies.profiles\n")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
