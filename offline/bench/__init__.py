"""What the combined policy pack adds to a preview, against a pack of as many rules that do nothing.

A rule of the policy SDK costs time even when it does nothing, for the SDK decodes each resource once per rule. Our pack
decodes each resource once, and has to stay below half of what the empty rules add.
"""

import statistics
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from rich.table import Table

from offline.console import console
from offline.errors import OfflineError
from offline.packs import PACK, policy_options
from offline.project import PROJECT
from offline.workspace import HOME, Workspace

ALLOWED_SHARE: Final = 0.5
"""Of what the empty rules add, the most that our pack may add."""
ALLOWED_START_SECONDS: Final = 1.0
_EMPTY_RULES: Final = 150
_RUNS: Final = 5
_FLAT: Final = Workspace(project=Path(__file__).parent / "flat")
_EMPTY_PACK: Final = f"""
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy


def nothing(_args, _report):
    pass


PolicyPack(
    "empty-rules",
    [
        ResourceValidationPolicy(f"empty-rule-{{number}}", "Does nothing.", nothing, EnforcementLevel.MANDATORY)
        for number in range({_EMPTY_RULES})
    ],
)
"""


def compare(stack: str) -> int:
    """Time previews of the store's stack and of 1,300 resources: without packs, with ours, with the empty rules.

    Returns:
        1 when our pack adds more than it may, or starts too slowly.
    """
    empty = _empty_pack(HOME / "bench" / "empty-rules")
    start = statistics.median(_seconds_to_start() for _ in range(_RUNS))
    good = start <= ALLOWED_START_SECONDS
    console.print(f"the combined pack answers {start:.2f} s after its start (allowed {ALLOWED_START_SECONDS:.0f} s)")
    for workspace, name in ((Workspace(project=PROJECT), stack), (_FLAT, "flat")):
        workspace.prepare(name)
        seconds = _previews(
            workspace,
            name,
            {"no pack": (), "ours": policy_options(workspace, name), "empty rules": ("--policy-pack", str(empty))},
        )
        good &= _told(f"{workspace.project_name}/{name}", seconds)
    return int(not good)


def share(seconds: Mapping[str, Sequence[float]]) -> float:
    """What our pack adds to a preview, as a share of what the empty rules add, by the medians."""
    none, ours, empty = (statistics.median(seconds[label]) for label in ("no pack", "ours", "empty rules"))
    return (ours - none) / (empty - none)


def _previews(workspace: Workspace, stack: str, options: Mapping[str, Iterable[str]]) -> dict[str, list[float]]:
    """Seconds of each kind of preview, in turn, so that a busy spell of the machine meets all of them."""
    seconds: dict[str, list[float]] = {label: [] for label in options}
    for _ in range(_RUNS):
        for label, extra in options.items():
            begin = time.perf_counter()
            done = workspace.pulumi("preview", "--stack", stack, *extra, capture=True, check=False)
            seconds[label].append(time.perf_counter() - begin)
            # Findings fail a preview, and cost what findings cost.
            if done.returncode and "[mandatory]" not in done.stdout:
                raise OfflineError(f"the preview to measure fails:\n{(done.stderr or done.stdout).strip()}")
    return seconds


def _told(title: str, seconds: Mapping[str, Sequence[float]]) -> bool:
    table = Table("preview", "min s", "median s", "max s", "median adds s", title=title, title_justify="left")
    none = statistics.median(seconds["no pack"])
    for label, runs in seconds.items():
        middle = statistics.median(runs)
        table.add_row(label, *(f"{figure:.2f}" for figure in (min(runs), middle, max(runs), middle - none)))
    console.print(table)
    added = share(seconds)
    console.print(f"of what {_EMPTY_RULES} empty rules add, ours adds {added:.2f} (allowed {ALLOWED_SHARE})")
    return added <= ALLOWED_SHARE


def _empty_pack(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__main__.py").write_text(_EMPTY_PACK)
    (folder / "PulumiPolicy.yaml").write_text(
        f"version: 0.0.1\nruntime:\n  name: python\n  options:\n    virtualenv: {PROJECT / '.venv'}\n"
    )
    return folder


def _seconds_to_start() -> float:
    begin = time.perf_counter()
    # The pack writes its port when it is ready to answer.
    with subprocess.Popen([PACK], stdout=subprocess.PIPE, text=True) as pack:
        assert pack.stdout
        port = pack.stdout.readline()
        seconds = time.perf_counter() - begin
        pack.kill()
    if not port.strip().isdigit():
        raise OfflineError("the combined policy pack does not start; run: make preview")
    return seconds
