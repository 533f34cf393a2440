"""Targets of the Makefile pass on what the caller writes, as text."""

import os
import subprocess
from pathlib import Path

import pytest

from offline.project import PROJECT

TARGETS = {
    "BASE": ["pr"],
    "MARKDOWN": ["pr"],
    "ENV": [
        "pr",
        "up",
        "preview",
        "destroy",
        "refresh",
        "export",
        "shell",
        "bench",
        "doctor",
        "deploy-policy",
        "bootstrap",
        "load",
    ],
    "ARGS": ["pulumi"],
    "PROJECT": ["consumer", "consumer-destroy"],
    "REPOSITORY": ["bootstrap"],
    "URL": ["smoke", "load"],
    "TOKENS": ["load"],
    "PORT": ["run"],
}
CASES = [(target, variable) for variable, targets in TARGETS.items() for target in targets]
TEXTS = ['a"; touch ran; "', "a'; touch ran; '", "`touch ran`", "$(touch ran)", "$(shell touch ran)", "${HOME}", "a b"]


@pytest.mark.parametrize(("target", "variable"), CASES)
def test_what_the_caller_writes_is_never_run(target: str, variable: str, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nfor word; do printf '%s\\n' \"$word\"; done >> {tmp_path}/words\n")
    python.chmod(0o755)
    for text in TEXTS:
        # On the command line a `$` of make is written twice; in the environment a `$` is one already.
        subprocess.run(
            ["make", "--silent", target, "PYTHON=true", f"VENV={python}"],
            cwd=PROJECT,
            env={**os.environ, variable: text},
            check=True,
        )
    words = (tmp_path / "words").read_text().splitlines()
    assert [text for text in TEXTS if text not in words and f"--{variable.lower()}={text}" not in words] == []
    assert not (PROJECT / "ran").exists()


def test_another_module_path_does_not_stand_in_for_the_project(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "${{PYTHONPATH-none}}" > {tmp_path}/path\n')
    python.chmod(0o755)
    command = ["make", "--silent", "export", "PYTHON=true", f"VENV={python}"]
    subprocess.run(command, cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(tmp_path)}, check=True)
    assert (tmp_path / "path").read_text() == "none\n"


def test_a_variable_in_small_letters_is_refused() -> None:
    command = ["make", "--silent", "preview", "env=prod", "PYTHON=true", "VENV=true"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "write ENV=prod" in done.stderr
