"""Stack files are in the format that the engine writes, so that what it changes is all that a diff shows."""

from difflib import ndiff
from pathlib import Path

import pytest

from offline.workspace import PROJECT, Workspace

STACK_FILES = sorted(
    path.relative_to(PROJECT)
    for pattern in ("Pulumi.*.yaml", "[!.]*/**/Pulumi.*.yaml")
    for path in PROJECT.glob(pattern)
)


def changed(before: str, after: str) -> list[str]:
    return [line for line in ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]


@pytest.fixture
def engine(tmp_path: Path) -> Workspace:
    """The engine in an empty project; it writes into the folder of the project's copy."""
    (tmp_path / "Pulumi.yaml").write_text("name: web-store\nruntime: python\n")
    workspace = Workspace(project=tmp_path, home=tmp_path / "home")
    workspace.folder.mkdir(parents=True)
    workspace.backend.mkdir(parents=True)
    (workspace.folder / "Pulumi.yaml").write_text((tmp_path / "Pulumi.yaml").read_text())
    return workspace


@pytest.mark.parametrize("stack_file", STACK_FILES, ids=str)
def test_the_engine_changes_what_it_is_told_to_and_no_other_line(stack_file: Path, engine: Workspace) -> None:
    stack = stack_file.name.split(".")[1]
    written = engine.folder / stack_file.name
    original = (PROJECT / stack_file).read_text()
    written.write_text(original)
    engine.pulumi("stack", "init", stack, capture=True)
    with_salt = written.read_text()
    assert [line[:17] for line in changed(original, with_salt)] == ["+ encryptionsalt:"]
    engine.pulumi("config", "set", "--stack", stack, "--path", "web-store:new.setting", "7", capture=True)
    assert changed(with_salt, written.read_text()) == ["+   web-store:new:", "+     setting: 7"]


def test_a_changed_leaf_is_one_line_and_comments_stay(engine: Workspace) -> None:
    written = engine.folder / "Pulumi.small.yaml"
    written.write_text("config:\n  web-store:network:\n    size: {cpu: 256, memory_mib: 512} # a reason\n")
    engine.pulumi("stack", "init", "small", capture=True)
    before = written.read_text()
    engine.pulumi("config", "set", "--stack", "small", "--path", "web-store:network.size.cpu", "512", capture=True)
    assert changed(before, written.read_text()) == [
        "-     size: {cpu: 256, memory_mib: 512} # a reason",
        "+     size: {cpu: 512, memory_mib: 512} # a reason",
    ]
