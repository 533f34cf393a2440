"""Build each pack as a folder that needs no other file of this repository: `python -m tools.build_packs`.

The same sources give the same bytes.
"""

import argparse
import ast
import json
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import jinja2
import yaml

import policies.rules  # noqa: F401 - registers the rules
from engine.build import VERSION as ENGINE_VERSION
from policies import profiles
from policies.library.pack import selection
from policies.library.rules import PACKS, PROFILES, Rule
from policies.library.version import VERSION
from policies.library.waivers import LONGEST_DAYS, urn_glob

ROOT: Final = Path(__file__).resolve().parents[1]
TARGET: Final = ROOT / "dist" / "packs"
COMBINED: Final = "web-store"
_SELECTIONS: Final = tuple(pack for pack in PACKS if pack != "register")
FOLDERS: Final[Mapping[str, tuple[str, ...]]] = {COMBINED: _SELECTIONS, **{pack: (pack,) for pack in _SELECTIONS}}
"""Folder of a pack -> the selections it holds."""

_NEEDED: Final = ("pulumi-policy", "pyyaml")
"""Packages that the library imports."""
_SHARED: Final = ("lifecycle",)
"""Modules at the root of the repository that rules import."""
_MAIN: Final = '''"""Policy pack {name} {version}."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import policies.rules  # noqa: E402, F401 - registers the rules
from policies.library.pack import serve  # noqa: E402

serve({arguments}, register=HERE / "waivers.yaml")
'''


def pack_name(folder: str) -> str:
    """Name of a folder's pack for the engine."""
    return COMBINED if folder == COMBINED else f"{COMBINED}-{folder.replace('_', '-')}"


def files(folder: str) -> dict[str, str]:
    """Path in the folder of a pack -> text."""
    name, packs = pack_name(folder), FOLDERS[folder]
    rules = sorted(selection(*packs).values(), key=lambda rule: rule.name)
    title = "; ".join(PACKS[pack] for pack in packs)
    levels = profiles.build(yaml.safe_load(profiles.SOURCE.read_text(encoding="utf-8")))
    arguments = ", ".join(json.dumps(text) for text in (name, *packs))
    runtime = {"name": "python", "options": {"virtualenv": "venv"}}
    project = {"description": f"{title} ({len(rules)} rules for AWS)", "version": VERSION, "runtime": runtime}
    return {
        "PulumiPolicy.yaml": yaml.safe_dump(project, sort_keys=False, width=120),
        "__main__.py": _MAIN.format(name=name, version=VERSION, arguments=arguments),
        "README.md": _readme(folder, name, title, rules, levels),
        "CHANGELOG.md": (ROOT / "policies" / "CHANGELOG.md").read_text(encoding="utf-8"),
        "requirements.txt": requirements((ROOT / "requirements.txt").read_text(encoding="utf-8"), _NEEDED),
        "waivers.yaml": "# README.md shows an entry.\nwaivers: []\n",
        **{
            f"config/{profile}.json": json.dumps({r.name: levels[profile][r.name] for r in rules}, indent=2) + "\n"
            for profile in PROFILES
        },
        **_sources(rules),
    }


def _sources(rules: Iterable[Rule]) -> dict[str, str]:
    """The library, the modules of the rules, and their imports."""
    modules = {rule.judge.__module__ for rule in rules}
    library = {f"policies.library.{path.stem}" for path in (ROOT / "policies" / "library").glob("[!_]*.py")}
    found: dict[str, str] = {}
    waiting = sorted(modules | library)
    while waiting:
        module = waiting.pop()
        path = f"{module.replace('.', '/')}.py"
        if path not in found:
            found[path] = (ROOT / path).read_text(encoding="utf-8")
            waiting += _imports(found[path])
    for package in {str(parent) for path in found for parent in Path(path).parents} - {"."}:
        found[f"{package}/__init__.py"] = (ROOT / package / "__init__.py").read_text(encoding="utf-8")
    return found


def _imports(source: str) -> Iterator[str]:
    """Modules of this repository that a module imports; those outside `policies` are single files."""
    for node in ast.walk(ast.parse(source)):
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if module in _SHARED:
            yield module
        elif isinstance(node, ast.ImportFrom) and module.startswith("policies."):
            whole = (ROOT / module.replace(".", "/")).is_dir()
            yield from (f"{module}.{name.name}" for name in node.names) if whole else (module,)


def requirements(pinned: str, needed: Iterable[str]) -> str:
    """The part of a pip-compile file for these packages and their requirements, with hashes."""
    blocks = {match[1]: match[0] for match in re.finditer(r"^([\w.-]+)==.*\n(?:[ \t].*\n?)*", pinned, re.M)}
    asked_by = {name: set(re.findall(r"^ +# +(?:via )?([\w.-]+)$", block, re.M)) for name, block in blocks.items()}
    kept = set(needed)
    if kept - set(blocks):
        raise ValueError(f"not pinned: {', '.join(sorted(kept - set(blocks)))}")
    while more := {name for name, users in asked_by.items() if users & kept} - kept:
        kept |= more
    return "".join(re.sub(r"^ +#.*\n", "", blocks[name], flags=re.M) for name in sorted(kept))


def _readme(
    folder: str, name: str, title: str, rules: list[Rule], levels: Mapping[str, Mapping[str, Mapping[str, str]]]
) -> str:
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    environment.filters["glob"] = urn_glob
    template = environment.from_string(Path(__file__).with_name("pack_readme.md.j2").read_text(encoding="utf-8"))
    text = template.render(
        folder=folder,
        name=name,
        version=VERSION,
        title=title,
        rules=rules,
        profiles=PROFILES,
        levels={
            profile: {rule: held["enforcementLevel"] for rule, held in levels[profile].items()} for profile in levels
        },
        longest=LONGEST_DAYS,
        engine=".".join(ENGINE_VERSION.split(".")[:2]),
        suffix="" if folder == COMBINED else f".{pack_name(folder).removeprefix(f'{COMBINED}-')}",
    )
    return text.rstrip() + "\n"


def build(target: Path = TARGET) -> None:
    """Write every pack below the target; the folders of an earlier build are deleted first."""
    for folder in FOLDERS:
        place = target / folder
        if place.exists():
            shutil.rmtree(place)
        for path, text in files(folder).items():
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_text(text, encoding="utf-8", newline="\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, default=TARGET, help="folder to write to (default: dist/packs)")
    target = parser.parse_args().target
    build(target)
    for folder in FOLDERS:
        sys.stdout.write(f"{target / folder}: {pack_name(folder)} {VERSION}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
