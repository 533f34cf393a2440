"""Write the pages that are generated from code, or with `--check` tell which of them are not current."""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import jinja2

import api.reference
import events.reference
import lifecycle
import parties.reference
import policies.profiles
import settings.reference
from contract import CONTRACT, CONTRACT_VERSION, broken_promises, released_form
from docs import declared, policy_pages, service_pages
from doctor.pages import before_the_first_up
from settings.problems import UnusableError
from settings.stack_files import stack_settings

PROJECT = Path(__file__).resolve().parent.parent
OUTPUTS = PROJECT / "docs" / "outputs.json"
GENERATED_FOLDERS = (policy_pages.FOLDER,)
"""Folders that hold generated pages only."""


def pages() -> Mapping[Path, str]:
    """Path in the project -> text that belongs there."""
    return {
        **_contract_pages(),
        **{PROJECT / "docs" / name: text for name, text in settings.reference.pages().items()},
        **events.reference.pages(),
        **api.reference.pages(),
        **parties.reference.pages(),
        **policy_pages.pages(),
        **service_pages.pages(),
        **policies.profiles.pages(declared.by_profile(stack_settings())),
        PROJECT / "docs" / "before-the-first-up.md": before_the_first_up(),
        PROJECT / "docs" / "lifecycle.md": _lifecycle(),
    }


def surplus_pages(current: Mapping[Path, str], folders: Iterable[Path] = GENERATED_FOLDERS) -> list[Path]:
    """Files in folders of generated pages that nothing generates any more."""
    return sorted(path for folder in folders if folder.is_dir() for path in folder.iterdir() if path not in current)


def _contract_pages() -> Mapping[Path, str]:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PROJECT / "docs" / "templates"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    facts = {
        "contract": CONTRACT,
        "version": CONTRACT_VERSION,
        "types": {"string": "string", "strings": "list of strings", "strings_by_name": "strings by name"},
        "python": {"string": "str", "strings": "list[str]", "strings_by_name": "dict[str, str]"},
    }
    return {
        OUTPUTS: json.dumps(released_form(), indent=2) + "\n",
        PROJECT / "docs" / "outputs.md": environment.get_template("outputs.md.j2").render(facts).rstrip() + "\n",
        PROJECT / "examples" / "consumer" / "web_store.py": environment.get_template("web_store.py.j2").render(facts),
    }


def _lifecycle() -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PROJECT / "docs" / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    services = sorted(lifecycle.SERVICES, key=lambda service: service.name)
    return environment.get_template("lifecycle.md.j2").render(services=services, checked=lifecycle.CHECKED)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m docs.generate")
    parser.add_argument("--check", action="store_true", help="change nothing; exit code 1 when a page is not current")
    try:
        return _write(check=parser.parse_args().check)
    except (UnusableError, policies.profiles.ProfileError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1


def _write(*, check: bool) -> int:
    promises = {
        "contract.py": broken_promises(json.loads(OUTPUTS.read_text()), released_form()) if OUTPUTS.is_file() else [],
        "events/schemas": events.reference.broken(),
        "routes of the API": api.reference.broken(),
        "policies/rules": policy_pages.broken(),
    }
    for place, broken in promises.items():
        if broken:
            print(f"{place}:", *broken, sep="\n  ")  # noqa: T201
    if any(promises.values()):
        return 1
    current = pages()
    stale = {path: text for path, text in current.items() if not path.is_file() or path.read_text() != text}
    surplus = surplus_pages(current)
    for path, text in stale.items():
        print(f"{'not current' if check else 'written'}: {path.relative_to(PROJECT)}")  # noqa: T201
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    for path in surplus:
        print(f"{'surplus' if check else 'removed'}: {path.relative_to(PROJECT)}")  # noqa: T201
        if not check:
            path.unlink()
    if check and (stale or surplus):
        print("run: make docs")  # noqa: T201
    return int(check and bool(stale or surplus))


if __name__ == "__main__":
    sys.exit(main())
