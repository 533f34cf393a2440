"""Settings that all environments share, and how a stack file departs from them.

The engine hands `web-store:shared` of Pulumi.yaml over as it stands. Its sections lie below those of the stack file, as
an environment of Pulumi ESC does: mappings are merged key by key, anything else the stack file replaces as a whole
(JSON merge patch, https://datatracker.ietf.org/doc/html/rfc7386).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from settings.examples import Schema, node_at, takes_entries, variant_key
from settings.problems import Problem, in_yaml, shown
from settings.shared_kinds import belongs_to_one_environment

SHARED = "shared"
"""Key of Pulumi.yaml, `web-store:shared`."""
PROJECT_FILE = "Pulumi.yaml"
_OF_STACKS = "environment"

Path = tuple[str | int, ...]


def merged(shared: Any, own: Mapping[str, Any], schema: Schema) -> tuple[dict[str, Any], list[Problem]]:
    """What the stack file says on top of what all environments share, and entries that it takes out for nothing."""
    surplus: list[Problem] = []

    def over(base: Any, patch: Any, path: Path) -> Any:
        if not isinstance(patch, dict):
            return patch
        node = node_at(schema, path, schema["$defs"]) if path else None
        base = base if isinstance(base, dict) else {}
        tag = variant_key(node, schema["$defs"]) if node else None
        if tag in patch and base.get(tag) != patch[tag]:
            base = {}
        entries = node is not None and takes_entries(node, schema["$defs"])
        found = dict(base)
        for key, value in patch.items():
            if value is not None or not entries:
                found[key] = over(base.get(key), value, (*path, key))
            elif key in base:
                del found[key]
            else:
                surplus.append(_no_entry((*path, key), list(base)))
        return found

    return over(shared, own, ()), surplus


def _no_entry(path: Path, known: Sequence[str]) -> Problem:
    near = get_close_matches(str(path[-1]), known, n=1)
    return Problem(
        path=path,
        received="null",
        rule="must name an entry that all environments share, which `null` then takes out; there "
        + (f"are {', '.join(known)}" if known else "is none"),
        fix=f"did you mean `{near[0]}`?" if near else "leave it out",
    )


def refused(shared: Any, schema: Schema) -> Iterator[Problem]:
    """What may stand in the file of one environment only: another one would use it without anybody having said so."""
    if not isinstance(shared, dict):
        yield Problem(
            path=(SHARED,),
            received=shown(shared),
            rule=f"must be a mapping of sections to settings, under `value` of {PROJECT_FILE}",
            fix="web-store:shared:\n  value:\n    app_tier: {...}",
        )
        return
    for section, content in shared.items():
        if section == _OF_STACKS:
            yield Problem(
                path=(section,),
                received=shown(content, (section,)),
                rule="must stand in each stack file: it says which environment the stack is",
                fix=f"move `{section}` to the stack files",
            )
            continue
        for path, text in leaves(content, (section,)):
            kind = belongs_to_one_environment(text, node_at(schema, path, schema["$defs"]), schema["$defs"])
            if kind:
                yield _of_one_environment(path, text, kind)


def _of_one_environment(path: Path, text: str, kind: str) -> Problem:
    written = re.sub(r"(?<!\d)\d{12}(?!\d)", "${account}", text)
    position = next((place for place, part in enumerate(path) if isinstance(part, int)), None)
    if kind in ("an ARN", "a registry") and written != text:
        fix = f"`{written}`, if it is in the environment's own account; else move it to the stack files"
    elif position is None:
        fix = "move it to the stack files:\n" + in_yaml(path, text)
    else:
        fix = f"move the list `{'.'.join(map(str, path[:position]))}` to the stack files"
    return Problem(
        path=path,
        received=shown(text, path),
        rule=f"must not be {kind} in what all environments share: another environment would use it unseen",
        fix=fix,
    )


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Texts, with their places."""
    if isinstance(value, str):
        yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, item in items:
        yield from leaves(item, (*path, part))


def as_shared(fix: str) -> str:
    """A fix written for a stack file, as it is pasted into Pulumi.yaml."""
    section, _, below = fix.partition(":")[2].partition("\n")
    if not fix.startswith("web-store:") or not re.fullmatch(r"[a-z_]+:.*", section):
        return fix
    lines = "\n".join(f"    {line}" for line in (section, *below.splitlines()) if line)
    return f"web-store:{SHARED}:\n  value:\n{lines}"
