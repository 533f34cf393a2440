"""Faults come when, where and as they were asked for, and never otherwise."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from offline.workspace import PROJECT
from tests.offline.aws.driver import QUEUE, VPC, Engine, RefusedCallError


def _ask(home: Path, *faults: dict, **more) -> None:
    (home / "faults.json").write_text(json.dumps({"faults": faults, **more}), encoding="utf-8")


def test_the_nth_create_of_a_type_fails_and_only_that(start, home: Path):
    _ask(home, {"type": QUEUE, "nth": 2, "message": "out of queues"})
    engine = start()
    engine.create(VPC, "net", cidrBlock="10.0.0.0/16")
    engine.create(QUEUE, "one")
    with pytest.raises(RefusedCallError, match="out of queues"):
        engine.create(QUEUE, "two")
    assert engine.create(QUEUE, "two").id


def test_the_count_goes_on_in_the_next_run(start, home: Path):
    _ask(home, {"type": QUEUE, "nth": 2, "kind": "throttle"})
    start().create(QUEUE, "one")
    with pytest.raises(RefusedCallError, match="ThrottlingException"):
        start().create(QUEUE, "two")


@pytest.mark.parametrize("operation", ["update", "delete", "read"])
def test_other_operations_fail_too(start, home: Path, operation):
    _ask(home, {"type": "*", "operation": operation})
    queue = start().create(QUEUE, "one")
    with pytest.raises(RefusedCallError, match=f"planned fault at the {operation}"):
        getattr(queue, operation)()


def test_faults_may_come_from_the_environment(start, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WEBSTORE_OFFLINE_FAULTS", '{"faults": [{"type": "*"}]}')
    with pytest.raises(RefusedCallError, match="planned fault"):
        start().create(QUEUE, "one")


def test_a_hanging_create_ends_when_the_engine_cancels(start, home: Path):
    _ask(home, {"type": QUEUE, "kind": "hang"})
    engine: Engine = start()
    ended: list[str] = []

    def hang() -> None:
        with pytest.raises(RefusedCallError) as refused:
            engine.create(QUEUE, "one")
        ended.append(str(refused.value))

    thread = threading.Thread(target=hang)
    thread.start()
    thread.join(0.05)
    assert thread.is_alive(), "it hangs"
    engine.plugin.close()
    thread.join(5)
    assert ended
    assert ended[0].startswith("CANCELLED")


def test_a_crash_kills_the_plugin(home: Path):
    _ask(home, {"type": QUEUE, "kind": "crash"})
    program = (
        "from tests.offline.aws.driver import Engine, QUEUE\n"
        "engine = Engine(); engine.configure(); engine.create(QUEUE, 'one'); print('alive')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 70, done.stderr
    assert "alive" not in done.stdout


def test_creation_takes_its_scaled_time(start, home: Path):
    _ask(home, latency={"scale": 0.01})
    begun = time.monotonic()
    start().create(QUEUE, "one")
    assert time.monotonic() - begun >= 0.02, "2 s on AWS, a hundredth here"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "must be JSON"),
        ('{"fault": []}', "keys must be faults or latency; received fault"),
        ('{"faults": [{"kind": "explode"}]}', "kind one of fail, throttle, hang, crash"),
        ('{"faults": [{"operation": "explode"}]}', "operation must be one of create"),
    ],
)
def test_a_request_that_is_not_understood_is_refused(home: Path, text, words):
    (home / "faults.json").write_text(text, encoding="utf-8")
    with pytest.raises(RefusedCallError, match=words):
        Engine().configure()
