"""Dynamic providers on the real engine: up, changed, refused, killed at every step of a creation, destroyed."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from offline.aws.cloud import Cloud
from offline.workspace import PROJECT
from tests.offline.api.programs import GROUP, TRACKED, WHOLE
from tests.offline.conftest import Program

_STEP_SECONDS = 120


@pytest.fixture
def store(program: Callable[..., Program]) -> Callable[[str], Program]:
    """A program that finds the providers as the project's own does, beside itself."""

    def made(text: str) -> Program:
        sample = program(text)
        (sample.workspace.project / "providers").symlink_to(PROJECT / "providers")
        return sample

    return made


def existing(sample: Program) -> list[str]:
    """What there is in the simulated cloud, by the part of its ARN that tells the kind."""
    cloud = Cloud(sample.workspace.home)
    found = [resource.arn.split(":")[-1] for resource in cloud.all()]
    cloud.close()
    return sorted(found)


def faults(sample: Program, *wanted: dict[str, object]) -> None:
    (sample.workspace.home / "faults.json").write_text(json.dumps({"faults": wanted}), encoding="utf-8")


def test_it_comes_up_stays_unchanged_is_changed_and_goes_again(store: Callable[[str], Program]) -> None:
    sample = store(WHOLE)
    preview = sample.run("preview")
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert existing(sample) == []
    up = sample.up()
    assert up.returncode == 0, up.stdout + up.stderr
    tracker = next(name for name in existing(sample) if name.startswith("event-tracker/"))
    whole = [
        *("dataset-group/shop", "dataset/shop/INTERACTIONS", tracker, "filter/shop-bought"),
        *("recommender/shop-for-you", "schema/shop-views", "solution/shop-trained"),
    ]
    assert existing(sample) == whole
    assert len(sample.workspace.outputs("dev")["tracking"]) == len("ad16a45f-eaf2-40b6-8fb9-2cc97e7e3560")
    for command in (("preview", "--expect-no-changes"), ("refresh", "--yes", "--expect-no-changes")):
        done = sample.run(*command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"

    sample.write(WHOLE.replace('"Purchase"', '"Purchase", "Cart"').replace('PerSecond": 1', 'PerSecond": 2'))
    changed = sample.up()
    assert changed.returncode == 0, changed.stdout + changed.stderr
    assert "~ 1 updated" in changed.stdout
    assert "+-1 replaced" in changed.stdout
    assert existing(sample) == whole
    gone = sample.run("destroy", "--yes", "--skip-preview")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert existing(sample) == []


def test_no_secret_is_in_the_provider_of_the_state(store: Callable[[str], Program]) -> None:
    """What is pickled is the name of a class."""
    sample = store(GROUP)
    assert sample.up().returncode == 0
    made = [entry for entry in sample.resources if entry["type"].startswith("pulumi-python:dynamic/")]
    assert len(made) == 2
    for entry in made:
        assert isinstance(entry["inputs"]["__provider"], str)
        assert len(entry["inputs"]["__provider"]) < 100


def test_a_refusal_of_aws_is_one_message(store: Callable[[str], Program]) -> None:
    sample = store(GROUP)
    refused = {
        "type": "api:personalize/CreateDatasetGroup",
        "message": "InvalidInputException: no more groups",
    }
    faults(sample, refused)
    up = sample.up()
    assert up.returncode != 0
    errors = [line.strip() for line in (up.stdout + up.stderr).splitlines() if line.strip().startswith("error:")]
    assert (
        errors.count(
            "error: cannot create personalize dataset group shop in account 123456789012, eu-west-1: "
            "personalize:CreateDatasetGroup answers InvalidInputException: no more groups"
        )
        == 1
    )
    assert "Traceback" not in up.stdout + up.stderr


def test_a_schema_under_another_name_in_pulumi_is_not_taken_over(store: Callable[[str], Program]) -> None:
    """The engine would delete what both names stand for: AWS keeps no tags of a schema, its text says whose it is."""
    sample = store(GROUP)
    assert sample.up().returncode == 0
    sample.write(GROUP.replace('Schema("views"', 'Schema("renamed"'))
    up = sample.up()
    assert up.returncode != 0
    told = r"of its schema's doc is '([\w-]+/\w+)/Schema/views', but must be '\1/Schema/renamed'"
    assert re.search(told, up.stdout + up.stderr)
    assert existing(sample) == ["dataset-group/shop", "schema/shop-views"]


def test_inputs_that_the_model_refuses_are_told_before_anything_is_made(store: Callable[[str], Program]) -> None:
    sample = store(GROUP.replace('"ECOMMERCE")\ntags', '"SHOP")\ntags'))
    up = sample.run("preview")
    assert up.returncode != 0
    assert "domain is 'SHOP', but must be one of ECOMMERCE, VIDEO_ON_DEMAND" in up.stdout + up.stderr
    assert "Traceback" not in up.stdout + up.stderr


def test_what_was_deleted_by_hand_is_made_again_after_a_refresh(store: Callable[[str], Program]) -> None:
    sample = store(GROUP)
    assert sample.up().returncode == 0
    cloud = Cloud(sample.workspace.home)
    (group,) = cloud.all("api:personalize/datasetGroup:DatasetGroup")
    cloud.remove(group)
    cloud.close()
    assert sample.run("refresh", "--yes", "--skip-preview").returncode == 0
    assert existing(sample) == ["schema/shop-views"]
    again = sample.up()
    assert again.returncode == 0, again.stdout + again.stderr
    assert existing(sample) == ["dataset-group/shop", "schema/shop-views"]


# Before AWS has heard of it; when it is made and the answer is lost; while the provider waits.
_STEPS = [("Create", "hang"), ("Create", "unanswered"), ("Describe", "hang")]


@pytest.mark.parametrize(
    ("kinds", "checkpoints"),
    [
        pytest.param(("Schema", "EventTracker"), False, id="state at the end"),
        pytest.param(("DatasetGroup",), True, id="state at every step"),
    ],
)
def test_killed_at_every_step_of_a_creation_there_is_one_of_each_in_the_end(
    store: Callable[[str], Program], kinds: Sequence[str], *, checkpoints: bool
) -> None:
    """Each update is killed a step further than the one before it."""
    sample = store(TRACKED)
    planned: list[dict[str, object]] = []
    for noun in kinds:
        for verb, kind in _STEPS:
            operation = "create" if verb == "Create" else "read"
            planned.append({"type": f"api:personalize/{verb}{noun}", "operation": operation, "kind": kind})
            faults(sample, *planned)
            _kill_at(sample, planned, checkpoints=checkpoints)
            sample.workspace.prepare("dev")
    up = sample.up()
    assert up.returncode == 0, up.stdout + up.stderr
    tracker = next(name for name in existing(sample) if name.startswith("event-tracker/"))
    assert existing(sample) == ["dataset-group/shop", "dataset/shop/INTERACTIONS", tracker, "schema/shop-views"]
    assert sample.run("preview", "--expect-no-changes").returncode == 0
    gone = sample.run("destroy", "--yes", "--skip-preview")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert existing(sample) == []


def _kill_at(sample: Program, planned: list[dict[str, object]], *, checkpoints: bool) -> None:
    """Run an update and kill engine, program and plugins when the last planned fault has it hang."""
    fault = planned[-1]
    environment = sample.workspace.environment()
    if checkpoints:
        del environment["PULUMI_SKIP_CHECKPOINTS"]
    command = ["pulumi", "-C", str(sample.workspace.folder), "--non-interactive", "up", "--yes", "--skip-preview"]
    with subprocess.Popen(
        [*command, "--stack", "dev"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as engine:
        cloud = Cloud(sample.workspace.home)
        until = time.monotonic() + _STEP_SECONDS
        while not cloud.noted(f"fault|{len(planned) - 1}|{fault['type']}|{fault['operation']}"):
            assert engine.poll() is None, f"not killed at {fault}: {engine.stdout.read() if engine.stdout else ''}"
            assert time.monotonic() < until, f"the update never came to {fault}"
            time.sleep(0.02)
        cloud.close()
        for pid in (engine.pid, *_descendants(engine.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    def below(parent: int) -> Iterator[int]:
        for child in parents.get(parent, ()):
            yield child
            yield from below(child)

    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    return list(below(pid))
