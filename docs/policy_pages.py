"""docs/policies: an index of all rules, a page for each service, and the names that others may rely on."""

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import jinja2
import yaml

import policies.rules  # noqa: F401 - registers the rules
from docs.policy_examples import example
from policies import profiles
from policies.library.cloudformation import FORMS
from policies.library.report import VARIABLE
from policies.library.resources import STACK_TYPE
from policies.library.rules import PACKS, PROFILES, REGISTRY, Rule
from policies.library.values import python_name
from policies.library.version import VERSION
from policies.library.waivers import LONGEST_DAYS

_PROJECT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = _PROJECT / "docs" / "policies"
INDEX: Final = FOLDER / "README.md"
RELEASED: Final = FOLDER / "rules.json"
CONTROLS: Final = _PROJECT / "policies" / "controls.yaml"


def service_of(rule: Rule) -> str:
    """The service of a rule: the first word of its name, and the name of its page."""
    return rule.name.partition("-")[0]


def place_of(rule: Rule) -> str:
    """File or folder of the rule's service below `policies/rules`, and of its cases below `tests/policies/cases`."""
    module, *rest = rule.judge.__module__.removeprefix("policies.rules.").split(".")
    return module if rest else f"{module}.py"


def _cases_of(rule: Rule) -> str:
    return "tests/policies/test_guards.py" if rule.pack == "register" else f"tests/policies/cases/{place_of(rule)}"


def _about(rule: Rule) -> str:
    """Docstring of the module or package of a service."""
    package = ".".join(rule.judge.__module__.split(".")[:3])
    return (importlib.import_module(package).__doc__ or "").rstrip(".")


def _kind(kind: str) -> str:
    return {"*": "every aws resource", STACK_TYPE: "the stack"}.get(kind, f"`{kind}`")


def _path(path: str) -> str:
    owner, separator, place = path.rpartition(" · ")
    return f"`{owner}{separator}{python_name(place)}`"


def controls() -> dict[str, dict[str, Any]]:
    """Every control of the catalogue: the rule that implements it, else its subject and the decision.

    Raises:
        ValueError: a number is left out, or has both a rule and a decision.
    """
    decided = yaml.safe_load(CONTROLS.read_text(encoding="utf-8"))
    rules = {rule.control: rule for rule in REGISTRY.values() if not rule.control.startswith("REG-")}
    groups: dict[str, list[int]] = {}
    for control in (*rules, *decided):
        group, _, number = control.partition("-")
        groups.setdefault(group, []).append(int(number))
    found: dict[str, dict[str, Any]] = {}
    for group, numbers in sorted(groups.items()):
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            raise ValueError(
                f"{CONTROLS.name}: each of {group}-01 to {group}-{max(numbers):02d} must have a rule or a decision,"
                " and not both"
            )
        for number in sorted(numbers):
            control = f"{group}-{number:02d}"
            found[control] = {"rule": rules[control]} if control in rules else decided[control]
    return found


def released() -> dict[str, Any]:
    """Names in profiles and waivers of other teams: rules and their settings."""
    rules = {name: sorted(rule.settings) for name, rule in sorted(REGISTRY.items())}
    return {"version": VERSION, "rules": rules}


def _breaks(version: str) -> tuple[str, ...]:
    """The part of a version that a breaking change raises."""
    first, second, _ = version.split(".")
    return (first, second) if first == "0" else (first,)


def broken(now: Mapping[str, Any] | None = None) -> list[str]:
    """Released names that are missing, although the version promises them."""
    if not RELEASED.is_file():
        return []
    before, now = json.loads(RELEASED.read_text(encoding="utf-8")), now or released()
    if _breaks(before["version"]) != _breaks(now["version"]):
        return []
    gone = [
        *(f"rule {name}" for name in before["rules"] if name not in now["rules"]),
        *(
            f"setting {setting} of {name}"
            for name, settings in before["rules"].items()
            for setting in settings
            if setting not in now["rules"].get(name, settings)
        ),
    ]
    return [
        f"{what} was released in {before['version']}: keep it, or raise VERSION in policies/library/version.py and"
        " say under Breaking in policies/CHANGELOG.md what takes its place"
        for what in gone
    ]


def pages() -> dict[Path, str]:
    """Path -> text that belongs there."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PROJECT / "docs" / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {"kind": _kind, "path": _path, "json": json.dumps, "service": service_of}
    rules = sorted(REGISTRY.values(), key=lambda rule: rule.name)
    services: dict[str, list[Rule]] = {}
    for rule in rules:
        services.setdefault(service_of(rule), []).append(rule)
    facts = {
        "profiles": PROFILES,
        "levels": profiles.build(yaml.safe_load(profiles.SOURCE.read_text(encoding="utf-8"))),
        "version": VERSION,
    }
    index = environment.get_template("policies_index.md.j2").render(
        facts,
        rules=rules,
        services={service: (_about(held[0]), held) for service, held in services.items()},
        packs=PACKS,
        longest=LONGEST_DAYS,
        controls=controls(),
        variable=VARIABLE,
    )
    page = environment.get_template("policies_service.md.j2")
    forms = environment.get_template("policies_forms.md.j2").render(forms=FORMS)
    return {
        INDEX: index.rstrip() + "\n",
        FOLDER / "forms.md": forms.rstrip() + "\n",
        RELEASED: json.dumps(released(), indent=2) + "\n",
        **{
            FOLDER / f"{service}.md": page.render(
                facts,
                service=service,
                about=_about(held[0]),
                rules=held,
                place=place_of(held[0]),
                cases=_cases_of(held[0]),
                example=example,
            ).rstrip()
            + "\n"
            for service, held in services.items()
        },
    }
