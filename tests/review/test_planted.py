"""Seven changes of a branch in one review: each is named in words, with what it costs."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from offline.project import PROJECT

_LEFT_OUT = (".git", ".venv", ".tools", ".offline", "__pycache__", "dist", ".pytest_cache", ".ruff_cache")
_FIRST_ROUTE = "              - {path: /categories, auth: public, "
_NEW_ROUTE = "              - {path: /offers, auth: public, throttle: {requests_per_second: 100, burst: 200}}\n"
_ORDERS = "      orders:\n        third_parties: [shipping, tax]\n"
# File, what stands there, and what the branch writes in its place.
PLANTED = {
    "web ACL to count": ("Pulumi.prod.yaml", "    web_acl:\n", "    web_acl:\n      mode: count\n"),
    "cart table renamed": (
        "components/data.py",
        '        return Table(\n            f"{self._name}-{label}",',
        "        return Table(\n            f\"{self._name}-{label.replace('carts', 'baskets')}\",",
    ),
    "new public route": (
        "Pulumi.yaml",
        _FIRST_ROUTE,
        _NEW_ROUTE + _FIRST_ROUTE,
    ),
    "NAT per zone to single": ("Pulumi.prod.yaml", "nat: one_per_az", "nat: single"),
    "output removed": (
        "contract.py",
        '    Published("data_carts_table_name", "DynamoDB table of carts.", source="data.carts.table_name"),\n',
        "",
    ),
    "key deleted": ("Pulumi.prod.yaml", "  web-store:media:\n    replica_region: eu-central-1\n", ""),
    "a service doubled in size": (
        "Pulumi.prod.yaml",
        _ORDERS,
        _ORDERS + "        runtime: {size: {cpu: 2048, memory_mib: 4096}}\n",
    ),
}


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def review(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "review", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a repository of one commit."""
    folder = tmp_path_factory.mktemp("review") / "clone"
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns(*_LEFT_OUT), symlinks=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "base")
    for tool in (".venv", ".tools"):
        (folder / tool).symlink_to((PROJECT / tool).resolve())
    return folder


def plant(folder: Path, *names: str) -> None:
    for name in names:
        file, before, after = PLANTED[name]
        path = folder / file
        text = path.read_text()
        assert text.count(before) == 1, f"{name}: {file} has another text"
        path.write_text(text.replace(before, after))


@pytest.fixture(scope="module")
def told(clone: Path) -> Any:
    """The review of all seven, as JSON and as a comment."""
    plant(clone, *PLANTED)
    done = review(clone, "--base", "HEAD", "--env", "prod", "--json", "--markdown", "told/comment.md")
    assert done.returncode in (0, 1), done.stdout + done.stderr
    (found,) = json.loads(done.stdout)
    return found, (clone / "told" / "comment.md").read_text()


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("guarantees.lost", "rule common of web ACL `edge-web-acl`"),
        ("losses", "table `data-carts` is deleted and `data-baskets` is made in its place: its items are deleted"),
        ("routes", "new public route GET /catalogue/offers: everybody may call it"),
        ("guarantees.lost", "NAT gateways of the network: 3, one in each zone → 1 for 3 zones"),
        ("contract", "output data_carts_table_name is removed: stacks that read it fail"),
        ("losses", "key `media-replica` is deleted"),
        ("sizes", "`app-orders` gets 2,048 CPU units instead of 1,024 (doubled)"),
    ],
)
def test_each_of_seven_changes_is_named_in_words(told: Any, part: str, words: str) -> None:
    found, comment = told
    lines: Any = found
    for name in part.split("."):
        lines = lines[name]
    assert [line for line in lines if words in line], "\n".join(lines)
    assert words in comment


def test_the_cost_is_told_before_and_after(told: Any) -> None:
    found, comment = told
    before, after = (found["cost"][f"{side}_usd_a_month"] for side in ("before", "after"))
    assert before > 0
    # Each switch is rounded to a cent.
    assert after - before == pytest.approx(sum(found["cost"]["by_switch"].values()), abs=0.2)
    assert f"idle cost {before:,.0f} → {after:,.0f} USD a month" in comment


def test_what_the_program_refuses_is_first(told: Any) -> None:
    found, comment = told
    assert found["exit_code"] == 1
    assert any("must block what the web ACL's rules find" in text for text in found["refusals"])
    assert comment.splitlines()[0] == "<!-- web-store preview of prod -->"
    assert comment.index("**Refused**") < comment.index("**Taken away**") < comment.index("**Routes**")


def test_what_the_program_takes_is_previewed_by_the_engine(clone: Path) -> None:
    """One that prod may do; the user's own stacks stay as they are."""
    git(clone, "checkout", "--quiet", "--", ".")
    plant(clone, "a service doubled in size")
    done = review(clone, "--base", "HEAD", "--env", "prod", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = json.loads(done.stdout)
    assert (found["refusals"], found["findings"], found["losses"]) == ([], {}, [])
    (replaced,) = found["boxes"]["AppTier"]["replaced"]
    assert replaced.startswith("TaskDefinition `app-orders`: ")
    assert found["sizes"] == [
        "`app-orders` gets 2,048 CPU units instead of 1,024 (doubled)",
        "`app-orders` gets 4,096 MiB of memory instead of 2,048 (doubled)",
    ]
    assert not (clone / ".offline" / "state").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--base", "nowhere"], "there is no commit nowhere"),
        (["--env", "moon"], "there is no stack moon, neither here nor in the base"),
    ],
)
def test_what_cannot_be_reviewed_is_told_in_one_line(clone: Path, arguments: list[str], said: str) -> None:
    done = review(clone, "--base", "HEAD", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {said}"), done.stderr
    assert "Traceback" not in done.stderr
