"""What the offline commands say of files and names that cannot be used, before the engine starts."""

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import offline.workspace
from offline import __main__ as main_module
from offline import commands
from offline.errors import OfflineError
from offline.home import require_offline_home
from offline.project import PROJECT, copied_project, read_project
from offline.workspace import Workspace

SALT = "encryptionsalt: v1:made-up\n"


def project(folder: Path, stack_file: str | bytes) -> Workspace:
    (folder / "Pulumi.yaml").write_text((PROJECT / "Pulumi.yaml").read_text())
    text = stack_file if isinstance(stack_file, bytes) else stack_file.encode()
    (folder / "Pulumi.dev.yaml").write_bytes(text)
    return Workspace(project=folder, home=folder / "home")


@pytest.mark.parametrize(
    ("stack_file", "told"),
    [
        ("", "is empty"),
        ("- config", "holds"),
        ("config: text", "`config` must be a mapping"),
        ("config: [a]", "`config` must be a mapping"),
        ('config:\n  web-store:dns: "text\n', 'Pulumi.dev.yaml", line 2'),
        ("config:\n\tweb-store:dns: {}\n", "cannot start any token"),
        (b"config: \xff\xfe", "not valid YAML"),
        ("config:\n  web-store:dns:\n    domain_name: a\n    domain_name: b\n", "`domain_name` is given twice"),
    ],
)
def test_a_file_that_is_no_stack_file_is_told_with_its_name(tmp_path: Path, stack_file: str, told: str) -> None:
    with pytest.raises(OfflineError) as caught:
        project(tmp_path, stack_file).stack_settings("dev")
    assert "Pulumi.dev.yaml" in str(caught.value)
    assert told in str(caught.value)
    assert "<unicode string>" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "../dev", "[/b]", "de v", "-x"])
def test_a_name_that_no_stack_can_have_is_refused_without_a_traceback(name: str) -> None:
    command = [sys.executable, "-m", "offline", "preview", f"--env={name}"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert repr(name) in done.stderr or f"Pulumi.{name}.yaml" in done.stderr


@pytest.mark.parametrize("encrypted", ["{secure: AAAB}", "{zones: [eu-west-1a, {secure: AAAB}]}"])
def test_an_encrypted_value_is_not_replaced_by_what_stood_there_in_clear(tmp_path: Path, encrypted: str) -> None:
    workspace = project(tmp_path, f"config: {{web-store:network: {encrypted}}}")
    workspace.folder.mkdir(parents=True)
    copy = workspace.folder / "Pulumi.dev.yaml"
    copy.write_text(SALT + yaml.safe_dump({"config": {"web-store:network": {"nat": "single"}}}))
    assert workspace._copy_stack("dev") == ["web-store:network"]
    assert yaml.safe_load(copy.read_text()) == {"encryptionsalt": "v1:made-up", "config": {}}


def test_a_secret_made_up_earlier_stays(tmp_path: Path) -> None:
    workspace = project(tmp_path, "config:\n  web-store:origin_secret:\n    secure: theirs\n")
    workspace.folder.mkdir(parents=True)
    ours = {"web-store:origin_secret": {"secure": "v1:ours"}}
    (workspace.folder / "Pulumi.dev.yaml").write_text(SALT + yaml.safe_dump({"config": ours}))
    assert workspace._copy_stack("dev") == []
    assert yaml.safe_load((workspace.folder / "Pulumi.dev.yaml").read_text())["config"] == ours


def _scalars(node: yaml.Node | None) -> list[tuple[str, bool]]:
    """Text and whether it stands without quotes, of every scalar in order."""
    if isinstance(node, yaml.ScalarNode):
        return [(node.value, not node.style)]
    parts = node.value if isinstance(node, yaml.CollectionNode) else []
    return [
        found for part in parts for each in (part if isinstance(part, tuple) else (part,)) for found in _scalars(each)
    ]


# Scalars that YAML 1.1 (Python) and YAML 1.2 (the engine) read differently, or one of them not as text.
_NUMBERS = "012345678901 0815 007 0o17 0x1F 0b11 1_000 1e3 5e10 .5 5. +1 1:30 190:20:30 1.10 123456789012345678901234"
_WORDS = "yes No on OFF y n true null ~ 2026-11-29 2026-11-29T10:00:00Z"
_DIALECTS = [*_NUMBERS.split(), *_WORDS.split()]
_texts = st.sampled_from(_DIALECTS) | st.from_regex(r"[-+]?0?[0-9_]{1,14}([.:eEx][-+]?[0-9]{1,4})?", fullmatch=True)
_written = st.builds(lambda text, quote: f"{quote}{text}{quote}", _texts, st.sampled_from(['"', "'"])) | _texts


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_written, min_size=1, max_size=8))
def test_the_copy_of_a_stack_file_says_every_value_as_the_file_does(tmp_path: Path, values: list[str]) -> None:
    lines = [
        f"    key_{number}: {value}\n    list_{number}: [{value}, {{a: {value}}}]\n"
        for number, value in enumerate(values)
    ]
    workspace = project(tmp_path, "config:\n  web-store:tags:\n" + "".join(lines))
    workspace.folder.mkdir(parents=True, exist_ok=True)
    (workspace.folder / "Pulumi.dev.yaml").unlink(missing_ok=True)
    workspace._copy_stack("dev")
    file, copy = (yaml.compose((place / "Pulumi.dev.yaml").read_text()) for place in (tmp_path, workspace.folder))
    assert _scalars(copy) == _scalars(file)


def test_the_engine_reads_the_copy_as_it_reads_the_file(tmp_path: Path) -> None:
    """Account ids with a leading zero: pulumi/pulumi-aws#4897, pulumi/pulumi#8776."""
    lines = [f"    quoted_{n}: '{value}'\n    plain_{n}: {value}\n" for n, value in enumerate(_DIALECTS)]
    text = 'config:\n  web-store:account: "012345678901"\n  web-store:tags:\n' + "".join(lines)
    workspace = project(tmp_path, text)
    workspace.prepare("dev")
    copy = workspace.folder / "Pulumi.dev.yaml"
    salt = yaml.safe_load(copy.read_text())["encryptionsalt"]

    def read() -> dict:
        return json.loads(workspace.pulumi("config", "--json", "--stack", "dev", capture=True).stdout)

    of_the_copy = read()
    copy.write_text(f"encryptionsalt: {salt}\n{text}")
    assert of_the_copy == read()
    assert of_the_copy["web-store:account"]["value"] == "012345678901"
    quoted = of_the_copy["web-store:tags"]["objectValue"]
    assert [quoted[f"quoted_{n}"] for n in range(len(_DIALECTS))] == _DIALECTS


def test_a_caller_may_have_the_engine_collect_its_heap_as_often_as_it_likes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = project(tmp_path, "config: {}")
    monkeypatch.delenv("GOGC", raising=False)
    assert workspace.environment()["GOGC"] == "400"
    monkeypatch.setenv("GOGC", "50")
    assert workspace.environment()["GOGC"] == "50"


def test_a_missing_stack_file_of_the_consumer_is_told_with_its_folder() -> None:
    with pytest.raises(OfflineError, match=r"Pulumi\.nope\.yaml in examples/consumer\. Stacks: dev, prod, staging"):
        commands.CONSUMER.stack_settings("nope")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("runtime: python", "`name` must be"),
        ("name: 5\nruntime: python", "`name` must be"),
        ("name: a/b\nruntime: python", "`name` must be"),
        ("name: a", "`runtime` must name"),
        ("name: a\nruntime: [python]", "`runtime` must name"),
        ("name: a\nruntime: {options: {}}", "`runtime` must name"),
        ("name: a\nruntime: {name: python, options: venv}", "`runtime.options` must be"),
    ],
)
def test_a_file_that_is_no_project_file_is_told_with_its_name(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(text)
    with pytest.raises(OfflineError, match=told) as caught:
        read_project(tmp_path)
    assert "Pulumi.yaml" in str(caught.value)


def test_the_engine_gets_the_program_where_it_is_and_the_plugins_of_offline_aws(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(
        "name: a\nruntime: {name: python, options: {virtualenv: venv}}\nmain: infra\n"
        "plugins: {providers: [{name: aws, path: /elsewhere}, {name: random, path: /theirs}]}"
    )
    copied = yaml.safe_load(copied_project(tmp_path, Path("/ours")))
    assert copied["main"] == str(tmp_path / "infra")
    assert copied["runtime"]["options"]["virtualenv"] == str(tmp_path / "venv")
    assert {entry["name"]: entry["path"] for entry in copied["plugins"]["providers"]} == {
        "aws": "/ours",
        "awsx": "/ours",
        "docker-build": "/ours",
        "pulumi-python": "/ours",
        "random": "/theirs",
    }
    (tmp_path / "Pulumi.yaml").write_text("name: a\nruntime: python\n")
    options = yaml.safe_load(copied_project(tmp_path, Path("/ours")))["runtime"]["options"]
    assert options == {"virtualenv": str((PROJECT / ".venv").resolve())}
    (tmp_path / "Pulumi.yaml").write_text("name: a\nruntime: python\nplugins: {providers: {aws: here}}")
    with pytest.raises(OfflineError, match=r"plugins\.providers"):
        copied_project(tmp_path, Path("/ours"))


@pytest.mark.parametrize(
    ("caller", "merged"),
    [
        ({}, "127.0.0.1,localhost,::1"),
        ({"no_proxy": "corp.example"}, "corp.example,127.0.0.1,localhost,::1"),
        ({"NO_PROXY": "a.example, b.example"}, "a.example,b.example,127.0.0.1,localhost,::1"),
        ({"no_proxy": "a", "NO_PROXY": "b,localhost"}, "a,b,localhost,127.0.0.1,::1"),
        ({"no_grpc_proxy": "a", "No_Proxy": ""}, "a,127.0.0.1,localhost,::1"),
        ({"no_proxy": "*"}, "*,127.0.0.1,localhost,::1"),
    ],
)
def test_no_proxy_sees_traffic_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caller: dict[str, str], merged: str
) -> None:
    for name in ("no_proxy", "NO_PROXY", "no_grpc_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in caller.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    environment = project(tmp_path, "config: {}").environment()
    for name in {"no_proxy", "NO_PROXY", *caller}:
        assert set(environment[name].split(",")) == set(merged.split(","))
    assert environment["https_proxy"] == "http://proxy.example:3128"


def test_modules_and_accounts_of_the_caller_do_not_reach_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "AWS_PROFILE", "PULUMI_ACCESS_TOKEN", "TF_LOG")
    workspace = project(tmp_path, "config: {}")
    for name in foreign:
        monkeypatch.setenv(name, "theirs")
    assert not {name: value for name, value in workspace.environment().items() if value == "theirs"}


_ODD = "a b#c%41?d&e'\"fü$[g];*\\h"


def test_the_state_stays_below_a_path_with_letters_that_mean_something_in_a_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / _ODD
    environment = Workspace(project=PROJECT, home=home).environment()
    for name in ("WEBSTORE_OFFLINE_HOME", "PULUMI_BACKEND_URL"):
        monkeypatch.setenv(name, environment[name])
    assert require_offline_home() == home
    assert not set("#?") & set(environment["PULUMI_BACKEND_URL"])


def test_a_path_that_cannot_be_on_path_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline.workspace, "PROJECT", tmp_path / "a:b")
    with pytest.raises(OfflineError, match=r"holds `:`.*move the checkout"):
        project(tmp_path, "config: {}").environment()


def test_what_offline_aws_keeps_is_nobody_else_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Workspace, "pulumi", lambda *_, **__: None)
    workspace = project(tmp_path, "config: {}")
    workspace.home.mkdir(mode=0o755)
    workspace.prepare("dev")
    assert stat.S_IMODE(workspace.home.stat().st_mode) == 0o700
    open_to_all = [path for path in workspace.home.rglob("*") if path.is_file() and path.stat().st_mode & 0o077]
    assert [path.name for path in open_to_all] == ["prepare.lock"]


def _file(home: Path) -> None:
    home.write_text("")


def _dangling(home: Path) -> None:
    home.symlink_to("nowhere/at/all")


def _unreachable(home: Path) -> None:
    home.mkdir()
    (home / "projects").write_text("")


@pytest.mark.parametrize("make", [_file, _dangling, _unreachable])
def test_a_home_that_is_no_folder_is_told(tmp_path: Path, make: Callable[[Path], None]) -> None:
    workspace = project(tmp_path, "config: {}")
    make(workspace.home)
    with pytest.raises(OfflineError, match="cannot be the folder of the offline stacks") as caught:
        workspace.prepare("dev")
    assert str(workspace.home) in str(caught.value)


@pytest.mark.parametrize(("text", "words"), [("stack graph 'a b'", ["stack", "graph", "a b"]), ("", [])])
def test_arguments_are_words_as_in_a_shell(text: str, words: list[str]) -> None:
    assert main_module._words(text) == words


def test_an_open_quotation_is_told() -> None:
    with pytest.raises(OfflineError, match="ARGS is"):
        main_module._words("a 'b")


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (
            PermissionError(13, "Permission denied", "/x/.offline/passphrase"),
            "/x/.offline/passphrase: Permission denied",
        ),
        (OSError(28, "No space left on device"), f"{offline.workspace.HOME}: No space left on device"),
        (OfflineError("[bold] is no mark-up here"), "[bold] is no mark-up here"),
    ],
)
def test_whatever_the_files_of_a_run_lack_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], problem: Exception, told: str
) -> None:
    def fails(_: str) -> int:
        raise problem

    monkeypatch.setattr(main_module, "COMMANDS", {"up": fails})
    monkeypatch.setattr(sys, "argv", ["offline", "up"])
    assert main_module.main() == 1
    assert f"error: {told}" in capsys.readouterr().err
