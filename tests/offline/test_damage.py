"""Whatever happens to a file of the offline home, a command goes on or names the file and what to do; nothing else."""

import json
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline.aws.cloud import Cloud
from offline.errors import OfflineError
from offline.workspace import Workspace
from tests.offline.aws.driver import QUEUE, Engine, RefusedCallError

_STATE = {
    "version": 3,
    "checkpoint": {
        "stack": "organization/sample/dev",
        "latest": {
            "secrets_providers": {"type": "passphrase", "state": {"salt": "v1:Yg==:v1:8f==:SyKHa7=="}},
            "resources": [
                {"urn": "urn:pulumi:dev::sample::pulumi:pulumi:Stack::sample-dev", "type": "pulumi:pulumi:Stack"},
                {"urn": f"urn:pulumi:dev::sample::{QUEUE}::q", "type": QUEUE, "custom": True, "id": "https://q"},
            ],
        },
    },
}
_LOCK = {"pid": 2**22 + 1, "hostname": socket.gethostname(), "timestamp": "2026-11-30T00:00:00Z"}
_FILES = {
    "passphrase": "a" * 43,
    "projects/sample/Pulumi.yaml": "name: sample\nmain: /there\n",
    "projects/sample/Pulumi.dev.yaml": "encryptionsalt: v1:Yg==:v1:8f==:SyKHa7==\nconfig: {'sample:s': {secure: x}}\n",
    "state/.pulumi/meta.yaml": "version: 1\n",
    "state/.pulumi/meta.yaml.attrs": '{"user.metadata": null}',
    "state/.pulumi/stacks/sample/dev.json": json.dumps(_STATE),
    "state/.pulumi/stacks/sample/dev.json.bak": json.dumps(_STATE),
    "state/.pulumi/stacks/sample/dev.json.attrs": '{"user.metadata": null}',
    "state/.pulumi/stacks/sample/prod.json": json.dumps(_STATE),
    "state/.pulumi/locks/organization/sample/dev/a.json": json.dumps(_LOCK),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a deployed stack in its home."""
    folder = tmp_path_factory.mktemp("sound")
    (folder / "Pulumi.yaml").write_text("name: sample\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("config:\n  sample:s: {secure: theirs}\n")
    for name, text in _FILES.items():
        path = folder / "home" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    Cloud(folder / "home").close()
    return folder


def _cut(content: bytes, place: int) -> bytes:
    return content[: place % (len(content) + 1)]


def _flip(content: bytes, place: int) -> bytes:
    at = place // 8 % len(content)
    return content[:at] + bytes([content[at] ^ (1 << place % 8)]) + content[at + 1 :]


def _garbage(content: bytes, place: int) -> bytes:
    return content[:place] + b"\x00\xff[" * 20


_DAMAGES: dict[str, Callable[[bytes, int], bytes] | None] = {
    "cut": _cut,
    "flip": _flip,
    "garbage": _garbage,
    "gone": None,
}
_NAMES = [*_FILES, "cloud.sqlite", "cloud.sqlite-wal", "cloud.key"]


@settings(max_examples=60)
@given(name=st.sampled_from(_NAMES), kind=st.sampled_from(sorted(_DAMAGES)), place=st.integers(0, 200_000))
def test_a_damaged_file_is_mended_or_named(
    sound: Path, tmp_path_factory: pytest.TempPathFactory, name: str, kind: str, place: int
) -> None:
    folder = tmp_path_factory.getbasetemp() / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sound, folder)
    path, damage = folder / "home" / name, _DAMAGES[kind]
    if damage is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(damage((path.read_bytes() if path.exists() else b"") or b"\x00", place))
    workspace = Workspace(project=folder, home=folder / "home")
    ran: list[str] = []

    def engine(_: Workspace, *arguments: str, **__: object) -> subprocess.CompletedProcess[str]:
        ran.append(arguments[0])
        return subprocess.CompletedProcess(arguments, 0, "{}", "")

    told = ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Workspace, "pulumi", engine)
        try:
            workspace.prepare("dev")
        except OfflineError as problem:
            told = str(problem)
    if told:
        assert Path(name).name.removesuffix("-wal") in told, told
        assert f"rm -rf '{folder / 'home'}'" in told
    elif name != "state/.pulumi/stacks/sample/dev.json":
        assert "refresh" in ran, "the state holds a queue that this cloud has never had"


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose cloud holds some resources, one of them with a secret."""
    home = tmp_path_factory.mktemp("used")
    with pytest.MonkeyPatch.context() as patch:
        engine = _plugin(home, patch)
        for number in range(5):
            engine.create(QUEUE, f"queue-{number}", name=f"queue-{number}", tags={"a": "b" * 200})
        engine.create("aws:apigateway/apiKey:ApiKey", "key", name="key")
    Cloud(home).close()
    return home


def _plugin(home: Path, patch: pytest.MonkeyPatch) -> Engine:
    patch.setenv("WEBSTORE_OFFLINE_HOME", str(home))
    patch.setenv("PULUMI_BACKEND_URL", (home / "state").as_uri())
    engine = Engine()
    engine.configure()
    return engine


@settings(max_examples=40)
@given(
    name=st.sampled_from(["cloud.sqlite", "cloud.sqlite", "cloud.key"]),
    kind=st.sampled_from(["cut", "flip", "garbage"]),
    place=st.integers(0, 700_000),
)
def test_a_plugin_with_a_damaged_cloud_answers_or_names_it(
    used: Path, tmp_path_factory: pytest.TempPathFactory, name: str, kind: str, place: int
) -> None:
    home = tmp_path_factory.getbasetemp() / "used-damaged"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(used, home)
    damage = _DAMAGES[kind]
    assert damage
    (home / name).write_bytes(damage((home / name).read_bytes(), place))
    told = ""
    with pytest.MonkeyPatch.context() as patch:
        try:
            engine = _plugin(home, patch)
            for identifier in ("queue-1", "queue-4"):
                engine.read(QUEUE, f"https://sqs.eu-west-1.amazonaws.com/123456789012/{identifier}")
            engine.create(QUEUE, "more", name="more").delete()
        except RefusedCallError as problem:
            told = str(problem)
    assert not told or str(home / "cloud.") in told or "already exists" in told
