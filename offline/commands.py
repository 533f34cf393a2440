"""The commands: what `make up`, `make preview` and their kin do."""

from collections.abc import Callable, Mapping
from pathlib import Path

from rich.table import Table

from offline.bench import compare
from offline.console import console
from offline.errors import OfflineError
from offline.output import adapted, changes_nothing, tells_error
from offline.packs import policy_options
from offline.project import PROJECT
from offline.summary import built_per_box, components
from offline.workspace import Workspace

STORE = Workspace(project=PROJECT)
CONSUMER = Workspace(project=PROJECT / "examples" / "consumer")


def up(stack: str) -> int:
    """Preview under the policy pack, then deploy; nothing is created when a mandatory rule fails.

    The update of a stack whose preview finds nothing to change is left out: it would run the program once more.
    """
    _banner(STORE, stack, "up")
    STORE.prepare(stack)
    STORE.require_alone(stack)
    _forget_findings(stack)
    options = (*_refreshing(stack), *policy_options(STORE, stack))
    code, said = 0, ""
    if STORE.resources(stack):
        code, said = _run(STORE, stack, "preview", *options)
    if code == 0 and not changes_nothing(said):
        code, said = _run(STORE, stack, "up", "--yes", *(["--skip-preview"] if said else []), *options)
    if code == 0:
        _report(stack)
    _tell_findings(stack, said if code else "")
    return code


def preview(stack: str) -> int:
    """Show what `up` would change; fails when a mandatory rule fails."""
    _banner(STORE, stack, "preview")
    STORE.prepare(stack)
    _forget_findings(stack)
    code, said = _run(STORE, stack, "preview", *_refreshing(stack), *policy_options(STORE, stack))
    _tell_findings(stack, said if code else "")
    return code


def destroy(stack: str) -> int:
    """Remove every resource of the stack.

    Raises:
        OfflineError: resources are protected, or other projects are built on them; nothing is removed then.
    """
    _banner(STORE, stack, "destroy")
    STORE.prepare(stack)
    STORE.require_alone(stack)
    for project, other, source in STORE.readers(stack):
        if project == STORE.project_name:
            raise OfflineError(
                f"tasks of stack {other} run images of this one. Remove it first: make destroy ENV={other}; or take "
                f"`images.from` out of Pulumi.{other}.yaml, and run make up ENV={other}. Nothing has been removed."
            )
        place = "" if source == CONSUMER.project else f" PROJECT={source}"
        raise OfflineError(
            f"stack {other} of {project} is built on this one. Run: make consumer-destroy ENV={other}{place}. "
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
    return _run(STORE, stack, "destroy", "--yes")[0]


def refresh(stack: str) -> int:
    """Compare the state with what exists in offline AWS, and show what differs."""
    _banner(STORE, stack, "refresh")
    STORE.prepare(stack)
    STORE.require_alone(stack)
    brief = ("--skip-preview", "--diff", "--suppress-outputs", "--suppress-progress")
    return _run(STORE, stack, "refresh", "--yes", *brief)[0]


def export(stack: str) -> int:
    """Print the stack's state as JSON; secrets stay encrypted."""
    STORE.prepare(stack)
    return STORE.pulumi("stack", "export", "--stack", stack, check=False).returncode


def consumer(stack: str, project: Path | None = None) -> int:
    """Deploy a project of another team, which reads our outputs by stack reference; the example if none is given.

    Raises:
        OfflineError: the store's stack is not deployed.
    """
    workspace = _consumer(project)
    _banner(workspace, stack, "up")
    STORE.prepare(stack)
    if not STORE.resources(stack):
        raise OfflineError(
            f"stack {stack} of the store is not deployed, so it has no outputs. Run: make up ENV={stack}"
        )
    workspace.prepare(stack)
    workspace.require_alone(stack)
    return _run(workspace, stack, "up", "--yes")[0]


def consumer_destroy(stack: str, project: Path | None = None) -> int:
    """Remove what `consumer` deployed."""
    workspace = _consumer(project)
    _banner(workspace, stack, "destroy")
    STORE.prepare(stack)
    workspace.prepare(stack)
    workspace.require_alone(stack)
    return _run(workspace, stack, "destroy", "--yes")[0]


def _consumer(project: Path | None) -> Workspace:
    workspace = Workspace(project=project) if project else CONSUMER
    if workspace.project_name == STORE.project_name:
        raise OfflineError(f"{workspace.project} is the store itself, but must be another project that reads it")
    return workspace


def pulumi(stack: str, arguments: list[str]) -> int:
    """A command of the Pulumi CLI on the stack, such as `stack graph`, `state unprotect` or `up --target URN`."""
    if not arguments:
        raise OfflineError("ARGS is missing; it holds a command of the Pulumi CLI: make pulumi ARGS='preview --diff'")
    _banner(STORE, stack, f"pulumi {arguments[0]}")
    STORE.prepare(stack)
    return STORE.pulumi_plain(stack, arguments)


def shell(stack: str) -> int:
    """A shell in which `pulumi` works on the stack."""
    STORE.prepare(stack)
    _banner(STORE, stack, "shell")
    console.print(
        f"{STORE.folder} holds a copy of the stack file as it is now: change the file itself, then start the shell "
        "anew. `exit` ends it.",
        highlight=False,
        markup=False,
    )
    return STORE.shell(stack)


def bench(stack: str) -> int:
    """Time previews with and without policies; fails when the policies cost more than they may."""
    _banner(STORE, stack, "preview")
    return compare(stack)


COMMANDS: Mapping[str, Callable[..., int]] = {
    command.__name__.replace("_", "-"): command
    for command in (up, preview, destroy, refresh, export, consumer, consumer_destroy, pulumi, shell, bench)
}


def _run(workspace: Workspace, stack: str, *arguments: str) -> tuple[int, str]:
    """Run a Pulumi command and show what it says; returns exit code and output."""
    done = workspace.pulumi(*arguments, "--stack", stack, check=False, shown=lambda lines: adapted(lines, stack))
    return done.returncode, done.stdout


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
            "(docs/runbooks/failed-update.md)",
            highlight=False,
        )
    return ("--refresh",) if failed else ()


def findings_files(stack: str) -> list[Path]:
    """What the combined pack writes of a run."""
    return [STORE.reports / f"{stack}{ending}" for ending in (".sarif", ".junit.xml")]


def _forget_findings(stack: str) -> None:
    """Drop the reports of an earlier run: this one may end before the pack is asked anything."""
    for path in findings_files(stack):
        path.unlink(missing_ok=True)


def _tell_findings(stack: str, failure: str) -> None:
    """Name the reports.

    Args:
        failure: What the engine said of a run that failed.
    """
    written = [str(path) for path in findings_files(stack) if path.is_file()]
    if written:
        part = ", of what was judged before the error" if tells_error(failure) else ""
        console.print(f"Policy findings as files{part}: {', '.join(written)}", highlight=False)


def _report(stack: str) -> None:
    table = Table("point", "box", "resources", title=f"Built in offline AWS: {stack}", title_justify="left")
    total = 0
    resources = STORE.resources(stack)
    grouping = components(resources)
    for point, box, count in built_per_box(resources):
        table.add_row(point, box, str(count))
        total += count
    table.add_row("", "components, which group them", str(grouping))
    table.add_row("", "all, as the engine counts", str(total + grouping))
    console.print(table)
    console.print(
        f"Outputs: {len(STORE.outputs(stack))}, listed above and described in docs/outputs.md", highlight=False
    )
