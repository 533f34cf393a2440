"""What setting up says when something that it needs is missing, too old, or cut off."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from engine import build, environment


@pytest.mark.parametrize("version", [(3, 9, 18, "final", 0), (3, 10, 13, "final", 0)])
def test_an_old_python_is_told_with_the_one_that_is_needed(
    version: tuple[int | str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    assert environment.main("requirements.txt", str(tmp_path / "stamp")) == 1
    told = capsys.readouterr().err
    assert f"Python 3.{version[1]}" in told
    assert ">= 3.11" in told
    assert not (tmp_path / "stamp").exists()


@pytest.mark.parametrize("interpreter", [None, "#!/bin/sh\nexit 1\n"])
def test_an_environment_without_a_python_that_can_be_used_is_told(
    interpreter: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "pip").touch()
    if interpreter:
        (programs / "python").write_text(interpreter)
        (programs / "python").chmod(0o755)
    monkeypatch.setattr(environment, "VENV", tmp_path)
    assert environment.main("requirements.txt", str(tmp_path / "stamp")) == 1
    assert "remove that folder" in capsys.readouterr().err
    assert not (tmp_path / "stamp").exists()


@pytest.fixture
def nothing_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder as PATH, and no engine built."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(build, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(build, "STAMP", tmp_path / "tools" / "engine.stamp")
    return tmp_path


@pytest.mark.usefixtures("nothing_on_path")
def test_without_pulumi_and_go_both_ways_out_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main() == 1
    told = capsys.readouterr().err
    assert "pulumi >= 3.259.0" in told
    assert "https://go.dev/dl/" in told


def test_an_old_go_is_told_with_its_version(nothing_on_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    go = nothing_on_path / "go"
    go.write_text("#!/bin/sh\necho go1.20.3\n")
    go.chmod(0o755)
    assert build.main() == 1
    assert "is go1.20.3" in capsys.readouterr().err


def test_an_old_pulumi_is_not_used(nothing_on_path: Path) -> None:
    for name in ("pulumi", "pulumi-language-python"):
        (nothing_on_path / name).write_text("#!/bin/sh\necho v3.100.0\n")
        (nothing_on_path / name).chmod(0o755)
    assert shutil.which("pulumi") == os.fspath(nothing_on_path / "pulumi")
    with pytest.raises(build.EngineError, match="make engine"):
        build.engine_bin()


def test_where_the_pinned_one_is_asked_for_no_other_is_used(
    nothing_on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pulumi", "pulumi-language-python"):
        tool = nothing_on_path / name
        tool.write_text("#!/bin/sh\necho v3.999.0\n")
        tool.chmod(0o755)
    assert build.engine_bin() == nothing_on_path
    monkeypatch.setenv("WEBSTORE_ENGINE", "built")
    with pytest.raises(build.EngineError, match="make engine"):
        build.engine_bin()


@pytest.mark.usefixtures("nothing_on_path")
def test_an_interrupted_build_leaves_no_stamp_and_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "_go", lambda: "go")
    monkeypatch.setattr(build, "_compile", interrupted)
    assert build.main() == 130
    assert "interrupted" in capsys.readouterr().err
    assert not build.STAMP.exists()
    assert list(build.TOOLS.iterdir()) == []
