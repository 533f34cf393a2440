"""Write docs/policies.md from the registry: `python -m policies.docs`, with `--check` say whether it is current."""

import argparse
import json
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import jinja2
import yaml

import policies.rules  # noqa: F401 - registers the rules
from policies import profiles
from policies.examples import example
from policies.library.report import VARIABLE
from policies.library.resources import STACK_TYPE
from policies.library.rules import PACKS, PROFILES, REGISTRY, Rule
from policies.library.values import python_name
from policies.library.version import VERSION
from policies.library.waivers import LONGEST_DAYS, urn_glob

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "policies.md"
CONTROLS: Final = Path(__file__).with_name("controls.yaml")
_GRANTED: Final = date(2026, 6, 1)
_TEMPLATE: Final = Path(__file__).with_name("policies.md.j2")


def _kind(kind: str) -> str:
    return {"*": "every aws resource", STACK_TYPE: "the stack"}.get(kind, f"`{kind}`")


def _lasts(rule: Rule) -> date:
    """The last day that a waiver of the rule may have which is granted on the day of the examples."""
    return _GRANTED + timedelta(days=LONGEST_DAYS[rule.severity])


def _path(path: str) -> str:
    owner, separator, place = path.rpartition(" · ")
    return f"`{owner}{separator}{python_name(place)}`"


def controls() -> dict[str, dict[str, Any]]:
    """Every control of the catalogue: the rule that implements it, else what it is about and what was decided.

    Raises:
        ValueError: a control has neither a rule nor a decision, or has both.
    """
    catalogue = yaml.safe_load(CONTROLS.read_text(encoding="utf-8"))
    ids = [f"{group}-{number:02d}" for group, count in catalogue["groups"].items() for number in range(1, count + 1)]
    rules = {rule.control: rule for rule in REGISTRY.values()}
    found: dict[str, dict[str, Any]] = {}
    for control in ids:
        entry = catalogue["open"].get(control)
        if (control in rules) == (entry is not None):
            raise ValueError(f"{CONTROLS.name}: {control} needs either a rule or a decision, and has both or neither")
        found[control] = {"rule": rules[control]} if entry is None else entry
    return found


def pages() -> dict[Path, str]:
    """Path -> text that belongs there."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {"kind": _kind, "path": _path, "json": json.dumps, "glob": urn_glob, "lasts": _lasts}
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    rules = sorted(REGISTRY.values(), key=lambda rule: rule.name)
    text = template.render(
        packs=PACKS,
        profiles=PROFILES,
        rules=rules,
        longest=LONGEST_DAYS,
        levels=profiles.build(yaml.safe_load(profiles.SOURCE.read_text(encoding="utf-8"))),
        granted=_GRANTED,
        controls=controls(),
        example=example,
        variable=VARIABLE,
        version=VERSION,
    )
    return {PAGE: text.rstrip() + "\n"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the page is current")
    check = parser.parse_args().check
    stale = {
        path: text for path, text in pages().items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        if check:
            sys.stderr.write(f"docs/{path.name} is not current: run python -m policies.docs\n")
        else:
            path.write_text(text, encoding="utf-8")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
