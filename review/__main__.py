"""`make pr`: what the working tree changes in each stack, against the commit where it left the base."""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from offline.errors import OfflineError
from offline.project import PROJECT
from review import base as bases
from review import snapshot
from review.base import Base
from review.errors import ReviewError
from review.report import Review, review
from review.show import markdown, show
from review.snapshot import EMPTY
from review.steps import Preview, preview

_CANNOT_RUN = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="review", description=__doc__)
    parser.add_argument("--base", default="main", help="branch, tag or commit to compare with (default: main)")
    parser.add_argument("--env", default="", help="stack to look at (default: every stack file)")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--markdown", type=Path, help="also write the comment of a pull request to this file")
    arguments = parser.parse_args()
    errors = Console(stderr=True)
    try:
        base = bases.base_of(arguments.base)
        reviews = [_review(base, stack, errors) for stack in _stacks(base, arguments.env)]
    except (ReviewError, OfflineError) as problem:
        errors.print(f"error: {problem}", markup=False, highlight=False, soft_wrap=True)
        return _CANNOT_RUN
    except KeyboardInterrupt:
        errors.print("interrupted; no stack of yours was touched")
        return 130
    if arguments.markdown:
        arguments.markdown.parent.mkdir(parents=True, exist_ok=True)
        arguments.markdown.write_text("\n".join(map(markdown, reviews)), encoding="utf-8")
    if arguments.json:
        sys.stdout.write(json.dumps([one.as_json() for one in reviews], indent=2) + "\n")
    else:
        console = Console()
        for one in reviews:
            show(console, one)
    return max((one.exit_code for one in reviews), default=0)


def _stacks(base: Base, asked: str) -> list[str]:
    here = sorted(path.name.split(".")[1] for path in PROJECT.glob("Pulumi.*.yaml"))
    known = sorted({*here, *base.stacks()})
    if asked and asked not in known:
        raise ReviewError(f"there is no stack {asked}, neither here nor in the base. Stacks: {', '.join(known)}")
    return [asked] if asked else known


def _review(base: Base, stack: str, errors: Console) -> Review:
    here = (PROJECT / f"Pulumi.{stack}.yaml").is_file()
    notes = []
    if bases.requirements_differ(base):
        notes.append("The base pins other packages; it ran with those of the working tree.")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task(f"{stack}: deploying the base, {base.commit[:12]}, once", total=None)
        before = base.deployed(stack) if base.has(stack) else EMPTY
        if not here:
            return review(stack, base.commit, before, EMPTY, Preview([], [], []), "The environment is removed.")
        if not base.has(stack):
            notes.append("The environment is new.")
        progress.update(task, description=f"{stack}: previewing the working tree against it")
        with bases.copy_of(base, stack) as home:
            path = home / "snapshot.json"
            begun = snapshot.begin(PROJECT, stack, path)
            try:
                plan = preview(stack, home)
            except BaseException:
                begun.kill()
                begun.wait()
                raise
            after = _after(begun, stack, path, plan)
    if after is None:
        notes.append("What the settings would make cannot be shown.")
    elif after.refused:
        notes.append(
            "Rules refuse the settings; this is what they would make without these rules, but for replacements."
        )
    return review(stack, base.commit, before, after or before, plan, " ".join(notes))


def _after(begun: snapshot.Begun, stack: str, path: Path, plan: Preview) -> snapshot.Snapshot | None:
    """None where the program refuses its own settings, which the preview has told."""
    try:
        return snapshot.end(begun, stack, path, "the working tree")
    except ReviewError:
        if plan.refusals:
            return None
        raise


if __name__ == "__main__":
    sys.exit(main())
