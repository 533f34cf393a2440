"""Write the pages that are generated from code, or with `--check` tell which of them are not current."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import jinja2

import api.reference
import events.reference
import policies.docs
import policies.forms_page
import policies.profiles
import settings.reference
from contract import CONTRACT, CONTRACT_VERSION, broken_promises, released_form

PROJECT = Path(__file__).resolve().parent.parent
OUTPUTS = PROJECT / "docs" / "outputs.json"


def pages() -> Mapping[Path, str]:
    """Path in the project -> text that belongs there."""
    return {
        **_contract_pages(),
        **{PROJECT / "docs" / name: text for name, text in settings.reference.pages().items()},
        **events.reference.pages(),
        **api.reference.pages(),
        **policies.docs.pages(),
        **policies.forms_page.pages(),
        **policies.profiles.pages(),
    }


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
        "types": {"string": "string", "strings": "list of strings"},
        "python": {"string": "str", "strings": "list[str]"},
    }
    return {
        OUTPUTS: json.dumps(released_form(), indent=2) + "\n",
        PROJECT / "docs" / "outputs.md": environment.get_template("outputs.md.j2").render(facts).rstrip() + "\n",
        PROJECT / "examples" / "consumer" / "web_store.py": environment.get_template("web_store.py.j2").render(facts),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m docs.generate")
    parser.add_argument("--check", action="store_true", help="change nothing; exit code 1 when a page is not current")
    check = parser.parse_args().check
    if OUTPUTS.is_file():
        broken = broken_promises(json.loads(OUTPUTS.read_text()), released_form())
        if broken:
            print("contract.py:", *broken, sep="\n  ")  # noqa: T201
            return 1
    broken = events.reference.broken()
    if broken:
        print("events/schemas:", *broken, sep="\n  ")  # noqa: T201
        return 1
    broken = api.reference.broken()
    if broken:
        print("routes of the API:", *broken, sep="\n  ")  # noqa: T201
        return 1
    stale = {path: text for path, text in pages().items() if not path.is_file() or path.read_text() != text}
    for path, text in stale.items():
        print(f"{'not current' if check else 'written'}: {path.relative_to(PROJECT)}")  # noqa: T201
        if not check:
            path.write_text(text)
    if check and stale:
        print("run: make docs")  # noqa: T201
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
