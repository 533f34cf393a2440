"""Where the base comes from: commits of a small repository."""

import subprocess
from pathlib import Path

import pytest

from review import base as bases
from review.base import base_of, copy_of
from review.errors import ReviewError


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name in ("Pulumi.dev.yaml", "requirements.txt"):
        (folder / name).write_text("one\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "one")
    monkeypatch.setattr(bases, "PROJECT", folder)
    monkeypatch.setattr(bases, "_FOLDER", folder / ".offline" / "bases")
    return folder


def test_the_base_is_where_the_branch_left_it(repository: Path) -> None:
    left = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "--quiet", "-b", "branch")
    (repository / "Pulumi.dev.yaml").write_text("changed\n")
    git(repository, "commit", "--quiet", "--all", "--message", "two")
    git(repository, "checkout", "--quiet", "main")
    (repository / "Pulumi.prod.yaml").write_text("later\n")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "three")
    git(repository, "checkout", "--quiet", "branch")
    base = base_of("main")
    assert base.commit == left
    assert (base.folder / "Pulumi.dev.yaml").read_text() == "one\n"
    assert (base.stacks(), base.has("dev"), base.has("prod")) == (["dev"], True, False)
    assert base_of("main").folder == base.folder, "the same tree is checked out once"


def test_old_trees_are_removed(repository: Path) -> None:
    for number in range(bases._KEPT + 2):
        (repository / "Pulumi.dev.yaml").write_text(f"{number}\n")
        git(repository, "commit", "--quiet", "--all", "--message", f"{number}")
        last = base_of("HEAD")
    kept = [path for path in last.folder.parent.iterdir() if path.is_dir()]
    assert len(kept) == bases._KEPT
    assert last.folder in kept


def test_other_packages_are_noticed(repository: Path) -> None:
    base = base_of("HEAD")
    assert not bases.requirements_differ(base)
    (repository / "requirements.txt").write_text("two\n")
    assert bases.requirements_differ(base)


@pytest.mark.parametrize(("ref", "said"), [("nowhere", "there is no commit nowhere"), ("-x", "there is no commit -x")])
@pytest.mark.usefixtures("repository")
def test_what_is_no_commit_is_told(ref: str, said: str) -> None:
    with pytest.raises(ReviewError, match=said):
        base_of(ref)


def test_histories_that_share_nothing_are_told(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--orphan", "other")
    git(repository, "commit", "--quiet", "--all", "--message", "other")
    with pytest.raises(ReviewError, match="no commit in common"):
        base_of("main")


def test_a_folder_that_is_no_checkout_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bases, "PROJECT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(ReviewError, match="must be a git checkout"):
        base_of("main")


@pytest.mark.usefixtures("repository")
def test_a_base_that_does_not_deploy_is_told_and_tried_again() -> None:
    base = base_of("HEAD")
    for _ in range(2):
        with pytest.raises(ReviewError, match=r"stack dev of commit \w{12} does not deploy on offline AWS"):
            base.deployed("dev")
    assert not list(base.home.glob("review-*.json"))


def test_a_copy_is_for_one_preview_and_leaves_nothing(repository: Path) -> None:
    base = base_of("HEAD")
    (base.home / "state").mkdir(parents=True)
    (base.home / "state" / "a").write_text("state")
    (base.home / "locks").mkdir()
    with copy_of(base, "dev") as home:
        assert (home / "state" / "a").read_text() == "state"
        assert not (home / "locks").exists()
        assert repository in home.parents
    assert not home.exists()
