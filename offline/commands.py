"""The commands: what `make up`, `make preview` and their kin do."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.table import Table

from offline.bench import compare
from offline.console import OfflineError, console
from offline.packs import policy_options
from offline.summary import built_per_box
from offline.workspace import PROJECT, Workspace

STORE = Workspace(project=PROJECT)
CONSUMER = Workspace(project=PROJECT / "examples" / "consumer")
_COLORS = re.compile(r"\x1b\[[0-9;]*m")


def up(stack: str) -> int:
    """Preview under the policy pack, then deploy; nothing is created when a mandatory rule fails.

    The update of a stack whose preview finds nothing to change is left out: it would run the program once more.
    """
    _banner(STORE, stack, "up")
    STORE.prepare(stack)
    _forget_findings(stack)
    options = ("--stack", stack, *_refreshing(stack), *policy_options(STORE, stack))
    if STORE.resources(stack):
        code, said = STORE.pulumi_shown("preview", *options)
        if code == 0 and not changes_nothing(said):
            code = STORE.pulumi("up", "--yes", "--skip-preview", *options, check=False).returncode
    else:
        code = STORE.pulumi("up", "--yes", *options, check=False).returncode
    if code == 0:
        _report(stack)
    _tell_findings(stack)
    return code


def preview(stack: str) -> int:
    """Show what `up` would change; fails when a mandatory rule fails."""
    _banner(STORE, stack, "preview")
    STORE.prepare(stack)
    _forget_findings(stack)
    options = ("--stack", stack, *_refreshing(stack), *policy_options(STORE, stack))
    code = STORE.pulumi("preview", *options, check=False).returncode
    _tell_findings(stack)
    return code


def destroy(stack: str) -> int:
    """Remove every resource of the stack.

    Raises:
        OfflineError: resources are protected, or the consumer is built on them; nothing is removed then.
    """
    _banner(STORE, stack, "destroy")
    STORE.prepare(stack)
    if CONSUMER.resources(stack):
        raise OfflineError(
            f"stack {stack} of {CONSUMER.project_name} is built on this one. Run: make consumer-destroy ENV={stack}. "
            "Nothing has been removed."
        )
    protected = [entry["urn"].rpartition("::")[2] for entry in STORE.resources(stack) if entry.get("protect")]
    if protected:
        raise OfflineError(
            f"{len(protected)} resources of stack {stack} are protected: {', '.join(sorted(protected))}.\n"
            f"To remove them: write `profile: dev` (profile `prod` demands protection) and `protect: false` under "
            f"`web-store:environment` in Pulumi.{stack}.yaml, run `make up ENV={stack}`, "
            f"then `make destroy ENV={stack}`. Nothing has been removed."
        )
    return _removed(STORE, stack)


def refresh(stack: str) -> int:
    """Compare the state with what exists in offline AWS."""
    _banner(STORE, stack, "refresh")
    STORE.prepare(stack)
    return STORE.pulumi("refresh", "--yes", "--stack", stack, check=False).returncode


def export(stack: str) -> int:
    """Print the stack's state as JSON; secrets stay encrypted."""
    STORE.prepare(stack)
    return STORE.pulumi("stack", "export", "--stack", stack, check=False).returncode


def consumer(stack: str) -> int:
    """Deploy the example of another team, which reads our outputs by stack reference.

    Raises:
        OfflineError: the store's stack is not deployed.
    """
    _banner(CONSUMER, stack, "up")
    STORE.prepare(stack)
    if not STORE.resources(stack):
        raise OfflineError(
            f"stack {stack} of the store is not deployed, so it has no outputs. Run: make up ENV={stack}"
        )
    CONSUMER.prepare(stack)
    return CONSUMER.pulumi("up", "--yes", "--stack", stack, check=False).returncode


def consumer_destroy(stack: str) -> int:
    """Remove what `consumer` deployed."""
    _banner(CONSUMER, stack, "destroy")
    STORE.prepare(stack)
    CONSUMER.prepare(stack)
    return _removed(CONSUMER, stack)


def bench(stack: str) -> int:
    """Time previews with and without policies; fails when the policies cost more than they may."""
    _banner(STORE, stack, "preview")
    return compare(stack)


COMMANDS: Mapping[str, Callable[[str], int]] = {
    command.__name__.replace("_", "-"): command
    for command in (up, preview, destroy, refresh, export, consumer, consumer_destroy, bench)
}


def _banner(workspace: Workspace, stack: str, what: str) -> None:
    console.print(
        f"[bold]OFFLINE AWS[/]: {what} of {workspace.project_name}/{stack} on a simulation; no AWS account is touched",
        highlight=False,
    )


def _refreshing(stack: str) -> tuple[str, ...]:
    """The option to refresh first, after an update in which something did not come up.

    The state then holds what was wanted, not what runs, and the engine finds nothing to do (pulumi/pulumi#21458).
    """
    failed = sorted(entry["urn"].rpartition("::")[2] for entry in STORE.resources(stack) if entry.get("initErrors"))
    if failed:
        console.print(
            f"offline: {', '.join(failed)} did not come up in an earlier update; the state is refreshed first "
            "(docs/runbooks/fargate-service.md, RunningTaskCount)",
            highlight=False,
        )
    return ("--refresh",) if failed else ()


def changes_nothing(preview: str) -> bool:
    """Whether the output of a preview tells that neither resources nor outputs would change."""
    text = _COLORS.sub("", preview)
    unchanged = re.search(r"^ +\d+ unchanged$", text, re.M)
    changed = re.search(r"^Outputs:|^ +\D*\d+ (to \w+|errored)$", text, re.M)
    return bool(unchanged) and not changed


def findings_files(stack: str) -> list[Path]:
    """What the combined pack writes of a run."""
    return [STORE.reports / f"{stack}{ending}" for ending in (".sarif", ".junit.xml")]


def _forget_findings(stack: str) -> None:
    """Drop the reports of an earlier run: this one may end before the pack is asked anything."""
    for path in findings_files(stack):
        path.unlink(missing_ok=True)


def _tell_findings(stack: str) -> None:
    written = [str(path) for path in findings_files(stack) if path.is_file()]
    if written:
        console.print(f"Policy findings as files: {', '.join(written)}", highlight=False)


def _removed(workspace: Workspace, stack: str) -> int:
    return workspace.pulumi("destroy", "--yes", "--stack", stack, check=False).returncode


def _report(stack: str) -> None:
    table = Table("point", "box", "resources", title=f"Built in offline AWS: {stack}", title_justify="left")
    total = 0
    for point, box, count in built_per_box(STORE.resources(stack)):
        table.add_row(point, box, str(count))
        total += count
    table.add_row("", "all", str(total))
    console.print(table)
    console.print(
        f"Outputs: {len(STORE.outputs(stack))}, listed above and described in docs/outputs.md", highlight=False
    )
