"""Packs as folders: complete by themselves, the same bytes each time, and at work in another team's project."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pulumi.runtime import proto

from offline.workspace import PROJECT
from policies import profiles
from policies.library.pack import selection
from policies.library.rules import PROFILES, REGISTRY
from policies.library.version import VERSION
from tests.policies.test_engine import FAULTY, findings, report
from tests.policies.test_pack import running
from tools import build_packs
from tools.build_packs import COMBINED, FOLDERS, pack_name


@pytest.fixture(scope="module")
def packs(tmp_path_factory) -> Path:
    """All packs, far from this repository."""
    target = tmp_path_factory.mktemp("packs")
    build_packs.build(target)
    return target


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_sources_give_the_same_bytes_and_leave_nothing_of_an_earlier_build(packs, tmp_path):
    build_packs.build(tmp_path)
    (tmp_path / "waf" / "stale.py").write_text("")
    build_packs.build(tmp_path)
    assert contents(tmp_path) == contents(packs)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_alone_answers_with_the_rules_of_its_pack(packs, tmp_path, monkeypatch, folder):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    alone = shutil.copytree(packs / folder, tmp_path / "somewhere" / "pack")
    with running(alone) as (stub, info):
        assert (info.name, info.version) == (pack_name(folder), VERSION)
        assert {entry.name for entry in info.policies} == set(selection(*FOLDERS[folder]))
        assert stub.AnalyzeStack(proto.AnalyzeStackRequest(), timeout=10) is not None


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_holds_all_that_a_team_needs(packs, folder):
    place = packs / folder
    project = yaml.safe_load((place / "PulumiPolicy.yaml").read_text())
    assert (project["version"], project["runtime"]["name"]) == (VERSION, "python")
    assert VERSION in (place / "README.md").read_text().splitlines()[0]
    assert yaml.safe_load((place / "waivers.yaml").read_text()) == {"waivers": []}
    rules = set(selection(*FOLDERS[folder]))
    built = profiles.build(yaml.safe_load(profiles.SOURCE.read_text()))
    for profile in PROFILES:
        config = json.loads((place / "config" / f"{profile}.json").read_text())
        assert config == {name: built[profile][name] for name in rules}
    page = (place / "README.md").read_text()
    assert all(f"[{name}]({REGISTRY[name].url})" in page for name in rules)


def test_nothing_of_a_folder_speaks_of_this_machine_or_repository(packs):
    for path, text in contents(packs).items():
        assert str(PROJECT) not in text.decode(), path


def test_a_pack_carries_only_the_modules_of_its_rules(packs):
    rules = packs / "encryption/policies/rules"
    assert (rules / "dynamodb.py").is_file()
    assert (rules / "helpers/tls_policies.py").is_file()
    assert not (rules / "wafv2.py").exists()
    assert not (rules / "ec2").exists()
    everything = {str(path.relative_to(PROJECT)) for path in (PROJECT / "policies/rules").rglob("*.py")}
    combined = packs / COMBINED
    assert {str(path.relative_to(combined)) for path in (combined / "policies/rules").rglob("*.py")} == everything


def test_requirements_are_pinned_with_hashes_and_hold_what_the_library_imports(packs):
    text = (packs / "waf/requirements.txt").read_text()
    names = set(re.findall(r"^([\w.-]+)==", text, re.M))
    assert {"pulumi", "pulumi-policy", "pyyaml", "grpcio", "protobuf"} <= names
    assert not names & {"pulumi-aws", "boto3", "pydantic", "rich"}
    assert all("--hash=sha256:" in block for block in re.split(r"^(?=[\w.-]+==)", text, flags=re.M)[1:])
    asked = "import importlib.metadata, sys; [importlib.metadata.version(name) for name in sys.argv[1:]]"
    subprocess.run([sys.executable, "-c", asked, *names], check=True)


def test_a_package_that_is_not_pinned_is_an_error():
    with pytest.raises(ValueError, match="not pinned: nowhere"):
        build_packs.requirements("yaml==1 \\\n    --hash=sha256:0\n    # via x\n", ["nowhere"])


_PINNED = """\
a==1 \\
    --hash=h1
    # via -r requirements.in
b==2 \\
    --hash=h2
    # via
    #   a
    #   z
c==3
    # via b
d==4
    # via z
"""


def test_requirements_of_requirements_are_kept():
    assert build_packs.requirements(_PINNED, ["a"]) == "a==1 \\\n    --hash=h1\nb==2 \\\n    --hash=h2\nc==3\n"


def test_the_version_is_the_newest_of_the_changelog():
    versions = re.findall(r"^## (\S+)$", (PROJECT / "policies/CHANGELOG.md").read_text(), re.M)
    assert versions[0] == VERSION
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
    order = [tuple(map(int, version.split("."))) for version in versions]
    assert order == sorted(order, reverse=True)


def test_every_version_says_what_it_breaks():
    text = (PROJECT / "policies/CHANGELOG.md").read_text()
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        assert "\n- Breaking: " in section, section.splitlines()[0]


def test_four_packs_together_find_in_another_project_what_the_combined_pack_finds(
    packs, program, tmp_path, monkeypatch
):
    """Real engine, no path of this repository but that of offline AWS; the virtual environment stands in for pip."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    foreign = program(FAULTY)
    options: dict[str, list[str]] = {}
    for folder in FOLDERS:
        place = shutil.copytree(packs / folder, tmp_path / "vendored" / folder)
        (place / "venv").symlink_to(PROJECT / ".venv")
        options[folder] = ["--policy-pack", str(place), "--policy-pack-config", str(place / "config/prod.json")]
    four = [option for folder in FOLDERS if folder != COMBINED for option in options[folder]]

    done = foreign.run("preview", *four)
    assert done.returncode == 1
    for folder in FOLDERS:
        assert (f"{pack_name(folder)}@v{VERSION}" in done.stdout) is (folder != COMBINED), done.stdout
    apart = set().union(
        *(findings(report(foreign, f"dev.{name}")) for name in ("waf", "encryption", "multi-az", "guardrails"))
    )

    assert foreign.run("preview", *options[COMBINED]).returncode == 1
    assert apart == findings(report(foreign))
    assert {result[2] for result in apart} == {"fail", "open"}
