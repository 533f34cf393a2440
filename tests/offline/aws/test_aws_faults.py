"""Faults come when, where and as they were asked for, and never otherwise."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from offline.wire import decode
from offline.workspace import PROJECT
from tests.offline.aws.driver import QUEUE, VPC, Engine, Made, RefusedCallError


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
        getattr(queue, operation)(**({"visibilityTimeoutSeconds": 60} if operation == "update" else {}))


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
        ('{"faults": [{"kind": "explode"}]}', "kind one of fail, throttle, hang, crash, unstable"),
        ('{"faults": [{"operation": "explode"}]}', "operation must be one of create"),
    ],
)
def test_a_request_that_is_not_understood_is_refused(home: Path, text, words):
    (home / "faults.json").write_text(text, encoding="utf-8")
    with pytest.raises(RefusedCallError, match=words):
        Engine().configure()


_SERVICE = "aws:ecs/service:Service"


def test_a_new_service_that_does_not_come_up_is_kept_with_the_error(start, home: Path):
    _ask(home, {"type": _SERVICE, "kind": "unstable"})
    with pytest.raises(RefusedCallError, match=r"waiting for .* create: .*circuit breaker") as failed:
        start().create(_SERVICE, "web", cluster="store", taskDefinition="web:1", desiredCount=2)
    kept = failed.value.kept
    assert decode(kept.properties)["taskDefinition"] == "web:1"
    assert "circuit breaker" in kept.reasons[0]
    assert start().read(_SERVICE, kept.id, "web").id == kept.id
    outputs = decode(kept.properties)

    def running() -> int:
        asked = {"clusterArn": "store", "serviceName": outputs["name"]}
        return start().invoke("aws:ecs/getService:getService", **asked)["runningCount"]

    assert running() == 0, "ECS starts no more tasks"
    wanted = {"cluster": "store", "taskDefinition": "web:1", "desiredCount": 2, "name": outputs["name"]}
    Made(start(), _SERVICE, "web", kept.id, wanted, outputs).update(**wanted, triggers={"redeploy": "again"})
    assert running() == 2, "another deployment"


def test_a_failed_deployment_goes_back_and_only_a_refresh_tells(start, home: Path):
    """pulumi/pulumi#21458: the state has what was wanted, and repeating the update does nothing."""
    service = start().create(_SERVICE, "web", cluster="store", taskDefinition="web:1")
    _ask(home, {"type": _SERVICE, "operation": "update", "kind": "unstable", "message": "out of memory"})
    service.engine = start()
    with pytest.raises(RefusedCallError, match="out of memory") as failed:
        service.update(cluster="store", taskDefinition="web:2")
    service.inputs = {**service.inputs, "taskDefinition": "web:2"}
    service.outputs = decode(failed.value.kept.properties)
    assert service.outputs["taskDefinition"] == "web:2", "what the engine keeps"
    service.engine = start()
    assert service.update(cluster="store", taskDefinition="web:2")["taskDefinition"] == "web:2"
    assert decode(service.read().properties)["taskDefinition"] == "web:1", "what runs"
