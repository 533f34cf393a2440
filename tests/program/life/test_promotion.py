"""An image is built once: dev builds and proves it, prod in another account runs the same digest.

The tests are one life: each begins where the one before ends.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from local.processes import images_of
from local.state import Deployed
from offline import commands
from offline.errors import OfflineError
from tests.program.conftest import Stack, make_variant, of_type
from tests.program.life.frame import operations, run_with_events
from tests.stack_files import stack_file

READER = "222222222222"
Config = dict[str, Any]


class _Pair:
    """dev, which builds, and prod, which runs what dev proved."""

    def __init__(self, builder: Stack) -> None:
        self.builder = builder
        self.reader = Stack(builder.workspace, "prod")

    def configure(self, change: Callable[[Config], object]) -> None:
        """Write prod's stack file anew."""
        config = stack_file("prod")
        change(config)
        path = self.builder.workspace.project / "Pulumi.prod.yaml"
        path.write_text(yaml.safe_dump({"config": config}, sort_keys=False))
        self.reader.workspace.prepare("prod")

    def edit_sources(self) -> None:
        path = self.builder.workspace.project / "services" / "__init__.py"
        path.write_text(f"{path.read_text()}\n# changed\n")

    @property
    def proven(self) -> str:
        return self.builder.outputs["images_source_uris"]["services/ARM64"]


def from_dev(config: Config) -> None:
    config["web-store:images"] = {"from": "dev"}


def run_by(stack: Stack) -> set[str]:
    """Images of the tasks of a stack, without the collector's."""
    found = of_type(stack.resources, "aws:ecs/taskDefinition:TaskDefinition")
    return {json.loads(one["outputs"]["containerDefinitions"])[0]["image"] for one in found}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> _Pair:
    def read_by_prod(config: Config) -> None:
        config["web-store:images"] = {"readers": [READER]}

    found = _Pair(make_variant(tmp_path_factory.mktemp("promotion"), "dev", read_by_prod))
    found.configure(from_dev)
    return found


def test_a_preview_before_the_other_stack_says_what_to_do(pair: _Pair) -> None:
    planned, done = run_with_events(pair.reader, "preview")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "web-store:images.from" in said
    assert "pulumi up -s organization/web-store/dev" in said
    assert "Traceback" not in said
    assert planned == {}, "it is told before anything is made"


def test_what_dev_proved_runs_in_prod_under_its_policies(pair: _Pair) -> None:
    built = pair.builder.up("--skip-preview")
    assert built.returncode == 0, built.stdout + built.stderr
    done = pair.reader.up()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[mandatory]" not in done.stdout
    assert "[advisory]" not in done.stdout, done.stdout
    assert run_by(pair.reader) == run_by(pair.builder) == {pair.proven}
    assert pair.reader.outputs["images_source_uris"] == pair.builder.outputs["images_source_uris"]
    for absent in ("awsx:ecr:Image", "docker-build:index:Image", "pulumi:providers:docker-build"):
        assert of_type(pair.reader.resources, absent) == []
    again = pair.reader.preview("--expect-no-changes")
    assert again.returncode == 0, again.stdout + again.stderr
    assert images_of(Deployed(pair.reader.resources)) == {pair.proven}, "a laptop runs it"


def test_who_runs_its_images_keeps_a_stack_from_being_destroyed(pair: _Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "STORE", pair.builder.workspace)
    with pytest.raises(OfflineError, match=r"tasks of stack prod run images of this one.*Pulumi\.prod\.yaml"):
        commands.destroy("dev")


def test_changed_sources_reach_prod_with_its_next_update_and_change_tasks_only(pair: _Pair) -> None:
    before = pair.proven
    pair.edit_sources()
    unchanged, _ = operations(pair.reader, "preview")
    assert unchanged == {}, "prod builds nothing from sources"
    operations(pair.builder, "up", "--yes", "--skip-preview")
    assert pair.proven != before
    planned, _ = operations(pair.reader, "preview")
    assert {name.partition("::")[0] for name in planned} == {
        "aws:ecs/taskDefinition:TaskDefinition",
        "aws:ecs/service:Service",
    }
    done, _ = operations(pair.reader, "up", "--yes", "--skip-preview")
    assert done == planned
    assert run_by(pair.reader) == {pair.proven}


def test_a_pinned_image_takes_prod_back_while_dev_goes_on(pair: _Pair) -> None:
    now = pair.proven
    earlier = now.partition("@")[0] + "@sha256:" + "ab" * 32
    pair.configure(
        lambda config: config.update({"web-store:images": {"from": "dev", "pinned": {"services/ARM64": earlier}}})
    )
    operations(pair.reader, "up", "--yes", "--skip-preview")
    assert run_by(pair.reader) == {earlier}
    pair.configure(from_dev)
    operations(pair.reader, "up", "--yes", "--skip-preview")
    assert run_by(pair.reader) == {now}


def test_prod_that_builds_again_lets_others_pull_without_a_finding(pair: _Pair) -> None:
    pair.configure(lambda config: config.update({"web-store:images": {"readers": ["333333333333"]}}))
    done = pair.reader.up("--skip-preview")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[mandatory]" not in done.stdout
    assert "[advisory]" not in done.stdout, done.stdout
    (policy,) = of_type(pair.reader.resources, "aws:ecr/repositoryPolicy:RepositoryPolicy")
    assert "arn:aws:iam::333333333333:root" in policy["outputs"]["policy"]
    assert pair.reader.outputs["images_source_uris"]["services/ARM64"].startswith(f"{READER}.dkr.ecr.")


def test_prod_that_builds_no_more_is_told_of_its_protected_repository(pair: _Pair) -> None:
    pair.configure(from_dev)
    refused = pair.reader.preview()
    assert refused.returncode != 0
    assert "image repository `images-store/services`: deleted" in refused.stdout
    assert "*::aws:ecr/repository:Repository::images-store/services" in refused.stdout, "the waiver to write"
