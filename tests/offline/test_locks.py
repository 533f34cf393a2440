"""Whether the run that holds a lock still goes on."""

import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from offline import locks
from offline.locks import locks_of

NOW = datetime.now(UTC)
ENGINE = ("pulumi", NOW)


def held(backend: Path, content: object) -> Path:
    path = backend / "locks" / "organization" / "web-store" / "dev" / "1c3c9761.json"
    path.parent.mkdir(parents=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def lock(**changes: object) -> dict[str, object]:
    stamp = NOW.isoformat().replace("+00:00", "875Z")
    return {"pid": os.getpid(), "username": "me", "hostname": socket.gethostname(), "timestamp": stamp} | changes


@pytest.mark.parametrize(
    "content",
    [
        "",
        '{"pid":31817,"user',
        "[1]",
        "null",
        "[" * 5000,
        {},
        lock(pid="7"),
        lock(pid=0),
        lock(pid=-1),
        lock(pid=True),
        lock(pid=2**22 + 1),
        lock(pid=10**30),
    ],
    ids=["empty", "half", "list", "null", "deep", "mapping", "text", "zero", "negative", "true", "gone", "huge"],
)
def test_a_lock_that_was_cut_off_or_names_no_process_is_dead(tmp_path: Path, content: object) -> None:
    path = held(tmp_path, content)
    assert locks_of(tmp_path, "web-store", "dev") == ([path], [])


@pytest.mark.parametrize(
    ("process", "alive"),
    [
        (ENGINE, True),
        (("pulumi", None), True),
        (("", None), True),
        (("systemd", NOW), False),
        (("pulumi", NOW.replace(year=NOW.year + 1)), False),
        (("pulumi", NOW.replace(year=NOW.year - 1)), True),
    ],
    ids=["engine", "start unknown", "nothing known", "another program", "started after its lock", "started before it"],
)
def test_a_number_that_another_process_has_now_is_not_taken_for_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, process: tuple[str, datetime | None], alive: bool
) -> None:
    monkeypatch.setattr(locks, "_process", lambda _: process)
    path = held(tmp_path, lock())
    dead, live = locks_of(tmp_path, "web-store", "dev")
    assert (dead, [one.path for one in live]) == (([], [path]) if alive else ([path], []))


def test_this_process_is_told_with_its_name_and_a_start_before_now() -> None:
    name, started = locks._process(os.getpid())
    assert name == Path(f"/proc/{os.getpid()}/comm").read_text().strip()
    assert started
    assert 0 <= (datetime.now(UTC) - started).total_seconds() < 7200


def test_the_first_process_of_the_machine_is_not_the_engine(tmp_path: Path) -> None:
    path = held(tmp_path, lock(pid=1))
    assert locks_of(tmp_path, "web-store", "dev") == ([path], [])


def test_locks_of_other_stacks_and_projects_are_left_alone(tmp_path: Path) -> None:
    held(tmp_path, "")
    assert locks_of(tmp_path, "web-store", "prod") == ([], [])
    assert locks_of(tmp_path, "loyalty", "dev") == ([], [])


def test_what_a_live_lock_says_can_be_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_process", lambda _: ENGINE)
    path = held(tmp_path, lock())
    (live,) = locks_of(tmp_path, "web-store", "dev")[1]
    assert f"kill -INT {os.getpid()}" in str(live)
    path.write_text(json.dumps(lock(hostname="elsewhere")))
    (live,) = locks_of(tmp_path, "web-store", "dev")[1]
    assert "the machine elsewhere" in str(live)
    assert f"rm '{path}'" in str(live)
