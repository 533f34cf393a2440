"""Make `.venv` and install one file of pinned requirements into it.

Usage: environment.py REQUIREMENTS STAMP. Runs on the machine's own Python, hence the standard library only. The stamp
is written last, so that an interrupted installation starts anew.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
VENV = Path(__file__).resolve().parent.parent / ".venv"


def main(requirements: str, stamp: str) -> int:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        return _refuse(
            f"{sys.executable} is Python {found}; the project needs Python >= 3.11: make PYTHON=python3.11 ..."
        )
    if not (VENV / "bin" / "pip").exists():
        if importlib.util.find_spec("ensurepip") is None:
            return _refuse(
                f"{sys.executable} cannot make virtual environments: install its venv package (Debian: python3-venv)"
            )
        print(f"environment: making .venv with Python {found}", flush=True)  # noqa: T201
        if subprocess.run([sys.executable, "-m", "venv", VENV], check=False).returncode:
            return _refuse(f"{sys.executable} -m venv {VENV} failed (see above)")
    if not _runs_new_enough():
        return _refuse(f"{VENV} has no Python >= 3.11 that runs: remove that folder, then run the command again")
    print(f"environment: installing {requirements}; about half a minute", flush=True)  # noqa: T201
    install = [VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*install, "--require-hashes", "-r", requirements], check=False).returncode:
        return _refuse(f"installing {requirements} failed (see above); the next run starts anew")
    Path(stamp).touch()
    return 0


def _runs_new_enough() -> bool:
    """The folder may be older than this project, or its Python removed since."""
    test = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([VENV / "bin" / "python", "-c", test], check=False).returncode == 0
    except OSError:
        return False


def _refuse(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(_refuse("interrupted; the next run starts anew"))
