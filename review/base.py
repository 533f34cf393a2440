"""The stack as the base commit deploys it: in a checkout of its own, kept for later reviews of the same tree."""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from offline.files import one_at_a_time
from offline.project import PROJECT
from review import snapshot
from review.errors import ReviewError
from review.snapshot import Snapshot

_FOLDER: Final = PROJECT / ".offline" / "bases"
_KEPT: Final = 4
"""Trees that are kept, the last used first."""
_LINES: Final = 25
# Of a base's home, what a preview of another program makes anew.
_LEFT: Final = ("projects", "locks", "reports", "bases", "review*", "*.lock")


@dataclass(frozen=True)
class Base:
    commit: str
    """Where the branch left the base."""
    folder: Path
    """Checkout of its tree."""

    @property
    def home(self) -> Path:
        """Of its offline stacks."""
        return self.folder / ".offline"

    def has(self, stack: str) -> bool:
        return (self.folder / f"Pulumi.{stack}.yaml").is_file()

    def stacks(self) -> list[str]:
        return sorted(path.name.split(".")[1] for path in self.folder.glob("Pulumi.*.yaml"))

    def deployed(self, stack: str) -> Snapshot:
        """Deploy the stack, unless that was done before.

        Raises:
            ReviewError: the base does not deploy.
        """
        made = self.home / f"review-{stack}.json"
        with one_at_a_time(self.folder.parent / f"{self.folder.name}-{stack}.lock"):
            if made.is_file():
                return Snapshot.read(made)
            unfinished = made.with_suffix(".part")
            begun = snapshot.begin(self.folder, stack, unfinished)
            try:
                self._up(stack)
            except BaseException:
                begun.kill()
                begun.wait()
                raise
            found = snapshot.end(begun, stack, unfinished, f"commit {self.commit[:12]}")
            unfinished.rename(made)  # the mark that all of it was done
            return found

    def _up(self, stack: str) -> None:
        """Without policies: they judged the base when it was reviewed itself."""
        command = [sys.executable, "-m", "offline", "pulumi", "--env", stack, "--args=up --yes --skip-preview"]
        done = subprocess.run(
            command, cwd=self.folder, env=_own(), capture_output=True, text=True, encoding="utf-8", check=False
        )
        if done.returncode:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-_LINES:])
            raise ReviewError(f"stack {stack} of commit {self.commit[:12]} does not deploy on offline AWS:\n{said}")


def base_of(ref: str) -> Base:
    """The commit where HEAD left `ref`, checked out in a folder of its own.

    Raises:
        ReviewError: the project is no git checkout, or has no such commit.
    """
    if _git("rev-parse", "--is-inside-work-tree", check=False) != "true":
        raise ReviewError(f"{PROJECT} must be a git checkout, from which the base can be read")
    named = _git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", check=False)
    if not named:
        raise ReviewError(f"there is no commit {ref}: name a branch, a tag or a commit that this clone has (git fetch)")
    commit = _git("merge-base", named, "HEAD", check=False)
    if not commit:
        raise ReviewError(f"{ref} and HEAD have no commit in common: fetch more of the history (git fetch --unshallow)")
    tree = _git("rev-parse", f"{commit}^{{tree}}")
    folder = _FOLDER / tree[:16]
    # States and snapshots are nobody else's.
    _FOLDER.parent.mkdir(mode=0o700, exist_ok=True)
    _FOLDER.mkdir(mode=0o700, exist_ok=True)
    with one_at_a_time(_FOLDER / "checkout.lock"):
        if not folder.is_dir():
            _check_out(commit, folder)
        os.utime(folder)
        _forget_old(folder)
    return Base(commit, folder)


@contextmanager
def copy_of(base: Base, stack: str) -> Iterator[Path]:
    """A home with the base's stack as deployed, for one preview of another program."""
    home = PROJECT / ".offline" / "review" / stack
    home.parent.mkdir(exist_ok=True)
    with one_at_a_time(home.with_suffix(".lock")):
        shutil.rmtree(home, ignore_errors=True)
        if base.has(stack):
            shutil.copytree(base.home, home, ignore=shutil.ignore_patterns(*_LEFT))
        home.mkdir(exist_ok=True)
        try:
            yield home
        finally:
            shutil.rmtree(home, ignore_errors=True)


def _check_out(commit: str, folder: Path) -> None:
    packed = subprocess.run(["git", "archive", commit], cwd=PROJECT, capture_output=True, check=True).stdout
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(part, filter="data")
    for tool in (".venv", ".tools"):
        (part / tool).symlink_to(PROJECT / tool)
    part.rename(folder)


def _forget_old(used: Path) -> None:
    trees = [path for path in _FOLDER.iterdir() if path.is_dir() and path != used]
    for old in sorted(trees, key=lambda path: path.stat().st_mtime, reverse=True)[_KEPT - 1 :]:
        shutil.rmtree(old, ignore_errors=True)


def _own() -> dict[str, str]:
    """The caller's environment without what would lead the base's commands to other places."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("WEBSTORE_", "PYTHON", "ENV"))}


def _git(*arguments: str, check: bool = True) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=PROJECT, capture_output=True, text=True, encoding="utf-8", check=False
        )
    except FileNotFoundError:
        raise ReviewError("git must be installed: the base is read from the repository") from None
    if check and done.returncode:
        raise ReviewError(f"git {' '.join(arguments)} fails: {done.stderr.strip()}")
    return done.stdout.strip() if done.returncode == 0 else ""


def requirements_differ(base: Base) -> bool:
    """Whether the base was made for other packages than those that are installed here."""
    mine, theirs = PROJECT / "requirements.txt", base.folder / "requirements.txt"
    return mine.read_text(encoding="utf-8") != theirs.read_text(encoding="utf-8")
