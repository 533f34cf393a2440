"""What the commands make of a run: nothing to do, reports of the policies, the price of the policies."""

from pathlib import Path
from typing import Any

import pytest

from offline import bench, commands
from offline.errors import OfflineError
from offline.output import UPDATE_FAILS, adapted, changes_nothing, tells_error, without_trace
from offline.project import PROJECT
from offline.workspace import Workspace

_SAME = "Previewing update (dev):\n\nResources:\n    360 unchanged\n"


@pytest.mark.parametrize(
    ("preview", "nothing"),
    [
        (_SAME, True),
        ("Resources:\n    \x1b[1m360 unchanged\x1b[0m\n", True),
        ("Resources:\n    + 3 to create\n    357 unchanged\n", False),
        ("Resources:\n    ~ 1 to update\n    +-2 to replace\n    357 unchanged\n", False),
        ("Resources:\n    \x1b[33m~ 1 to update\x1b[0m\n    359 unchanged\n", False),
        ("Resources:\n    +-2 to replace\n    358 unchanged\n", False),
        ('Outputs:\n  + dns_url: "https://x"\n\nResources:\n    360 unchanged\n', False),
        ("Resources:\n    + 220 to create\n", False),
        (f"Diagnostics:\n    warning: service web\n    {UPDATE_FAILS}\n\nResources:\n    360 unchanged\n", False),
        ("Diagnostics:\n    warning: cms receives nothing yet\n\nResources:\n    360 unchanged\n", True),
        ("", False),
    ],
)
def test_only_a_preview_without_any_change_leaves_the_update_out(preview: str, nothing: bool) -> None:
    assert changes_nothing(preview) is nothing


def test_the_report_of_an_earlier_run_is_not_taken_for_that_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEBSTORE_POLICY_REPORT", raising=False)
    store = Workspace(project=PROJECT, home=tmp_path)
    monkeypatch.setattr(commands, "STORE", store)
    store.reports.mkdir()
    for name in ("dev.sarif", "dev.junit.xml", "prod.sarif"):
        (store.reports / name).touch()
    ran: list[tuple[Any, ...]] = []

    def fails(_self: Workspace, *arguments: str, **_options: Any) -> Any:
        ran.append((*arguments[:1], *sorted(path.name for path in store.reports.iterdir())))
        return type("Done", (), {"returncode": 1, "stdout": ""})()

    monkeypatch.setattr(Workspace, "pulumi", fails)
    monkeypatch.setattr(Workspace, "prepare", lambda *_: None)
    assert commands.preview("dev") == 1
    assert commands.up("dev") == 1
    assert ran == [("preview", "prod.sarif"), ("up", "prod.sarif")]


@pytest.mark.parametrize("errors", [[], ["Service deployment rolled back"]])
def test_after_an_update_that_did_not_come_up_the_state_is_refreshed_first(
    errors: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[tuple[str, ...]] = []
    done = type("Done", (), {"returncode": 1, "stdout": ""})()
    service = {"urn": "urn:pulumi:dev::web-store::aws:ecs/service:Service::web", "initErrors": errors}
    monkeypatch.setattr(Workspace, "prepare", lambda *_: None)
    monkeypatch.setattr(Workspace, "resources", lambda *_: [service])
    monkeypatch.setattr(Workspace, "pulumi", lambda _, *given, **__: ran.append(given) or done)
    commands.preview("dev")
    commands.up("dev")
    assert ["--refresh" in given for given in ran] == [bool(errors)] * 2
    assert ("web did not come up in an earlier update" in capsys.readouterr().err) is bool(errors)


_HEADER = "Policies:\n"
_FINE = "    ✅ web-store@v0.4.0 (local: policies)\n"
_BAD = "    ❌ web-store@v0.4.0 (local: policies)\n"
_FINDING = "        - [mandatory]  sqs-queue-encrypted  (aws:sqs/queue:Queue: q)\n"
_FAILED = "    pulumi:pulumi:Stack web-store-dev running \x1b[31merror: \x1b[0mPulumi.dev.yaml: 1 problem\n"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ([_HEADER, _FINE, "\n", "Resources:\n"], [_HEADER, _FINE, "\n", "Resources:\n"]),
        ([_FAILED, _HEADER, _FINE, "\n", "Resources:\n"], [_FAILED, "Resources:\n"]),
        ([_FAILED, _HEADER, _FINE], [_FAILED]),
        ([_FAILED, _HEADER, _BAD, _FINDING, "\n", "x\n"], [_FAILED, _HEADER, _BAD, _FINDING, "\n", "x\n"]),
        ([_FAILED, _HEADER, _FINE, _BAD, _FINDING, "\n"], [_FAILED, _HEADER, _BAD, _FINDING, "\n"]),
        ([_HEADER, _BAD, _FINDING, "\n", _FAILED], [_HEADER, _BAD, _FINDING, "\n", _FAILED]),
        (["run `pulumi stack rm dev`.\n"], ["run `make pulumi ENV=dev ARGS='stack rm dev'`.\n"]),
    ],
    ids=["fine", "error", "error at the end", "error and finding", "one fine", "finding", "advice"],
)
def test_an_error_is_not_followed_by_praise_and_advice_can_be_followed(said: list[str], shown: list[str]) -> None:
    assert "".join(adapted(said, "dev")) == "".join(shown)


def test_an_error_is_told_from_a_finding() -> None:
    assert tells_error(_FAILED)
    assert not tells_error(_HEADER + _BAD + _FINDING)
    refused = "    pulumi:pulumi:Stack web-store-dev  \x1b[31merror: \x1b[0mpreview failed\n"
    assert not tells_error(refused + _HEADER + _BAD + _FINDING)
    assert tells_error(refused + _FAILED)


def test_stack_traces_of_the_engine_are_left_out() -> None:
    report = [
        "error: The Pulumi CLI encountered a snapshot integrity error. This is a bug!\n",
        "We would appreciate a report\n",
        "Error:             snapshot integrity failure; refusing to use it: child resource refers to missing parent\n",
        "Stack Trace:\n",
        "goroutine 1 [running]:\n",
        "runtime/debug.Stack()\n",
    ]
    told = "error: snapshot integrity failure; refusing to use it: child resource refers to missing parent\n"
    assert list(without_trace(report)) == [told]
    assert list(without_trace(["error: no\n", "goroutine 1 [running]:\n", "main.main()\n"])) == ["error: no\n"]


def test_a_store_that_another_stack_is_built_on_is_not_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    readers = [("pricing", "dev", Path("/their/pricing")), ("loyalty", "dev", commands.CONSUMER.project)]
    monkeypatch.setattr(Workspace, "prepare", lambda *_: None)
    monkeypatch.setattr(Workspace, "readers", lambda *_: iter(readers))
    with pytest.raises(OfflineError, match=r"pricing is built on this .*ENV=dev PROJECT=/their/pricing\. Nothing"):
        commands.destroy("dev")
    readers.pop(0)
    with pytest.raises(OfflineError, match=r"loyalty is built on this one\. Run: make consumer-destroy ENV=dev\. "):
        commands.destroy("dev")


def test_the_store_is_no_consumer_of_itself() -> None:
    with pytest.raises(OfflineError, match="is the store itself"):
        commands.consumer("dev", PROJECT)


def test_a_command_of_the_user_needs_words() -> None:
    with pytest.raises(OfflineError, match="make pulumi ARGS="):
        commands.pulumi("dev", [])


@pytest.mark.parametrize(("ours", "found"), [([9.0, 8.0, 30.0], 0.25), ([8.0], 0.0), ([12.0, 12.0], 1.0)])
def test_the_price_of_the_policies_is_a_share_of_what_empty_rules_cost(ours: list[float], found: float) -> None:
    seconds = {"no pack": [8.0, 8.0, 20.0], "ours": ours, "empty rules": [12.0]}
    assert bench.share(seconds) == found


def test_the_pack_to_compare_with_has_150_rules_that_do_nothing(tmp_path: Path) -> None:
    folder = bench._empty_pack(tmp_path / "pack")
    text = (folder / "__main__.py").read_text()
    assert "range(150)" in text
    compile(text, "pack", "exec")
