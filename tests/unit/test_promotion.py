"""Images that another environment proved: what is read of its stack, and what is told when there is nothing to run."""

from typing import Any

import pulumi
import pytest

from contract import CONTRACT_VERSION
from offline.recorder import Recorder
from promotion import proven_images
from settings import StoreSettings
from settings.stack_files import stack_settings
from tests.mocks import STACK, record

STAGING = "organization/web-store/staging"
ARM = "666666666666.dkr.ecr.eu-west-1.amazonaws.com/store/services@sha256:" + "ab" * 32
INTEL = "666666666666.dkr.ecr.eu-west-1.amazonaws.com/store/services@sha256:" + "cd" * 32
PINNED = "666666666666.dkr.ecr.eu-west-1.amazonaws.com/store/services@sha256:" + "ef" * 32
PUBLISHED = {"contract_version": CONTRACT_VERSION, "images_source_uris": {"services/ARM64": ARM}}


def settings(**images: Any) -> StoreSettings:
    prod = stack_settings()["prod"]
    return prod.model_copy(update={"images": type(prod.images).model_validate(images)})


def run(chosen: StoreSettings, stacks: dict[str, Any]) -> tuple[dict[str, str], Recorder]:
    found: list[dict[str, str]] = []
    recorder = Recorder(stacks=stacks)
    record(lambda: found.append(proven_images(chosen)), recorder=recorder)
    return found[0], recorder


@pytest.mark.parametrize("name", ["staging", STAGING])
def test_images_of_another_stack_are_read_by_its_name(name: str) -> None:
    assert run(settings(**{"from": name}), {STAGING: PUBLISHED})[0] == {"services/ARM64": ARM}


def test_a_stack_that_builds_reads_no_other() -> None:
    assert run(settings(), {})[0] == {}


def test_a_pinned_image_comes_before_that_of_the_stack_which_is_then_not_read() -> None:
    pinned = {"services/ARM64": PINNED}
    assert run(settings(**{"from": "staging"}, pinned=pinned), {})[0] == pinned
    assert run(settings(pinned=pinned), {})[0] == pinned


def test_the_state_says_of_which_stack_images_run(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, str]] = []

    def reference(name: str, *, stack_name: str) -> None:
        made.append((name, stack_name))

    monkeypatch.setattr(pulumi, "StackReference", reference)
    run(settings(**{"from": "staging"}), {STAGING: PUBLISHED})
    assert made == [("images-from", STAGING)]


def _published(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**PUBLISHED, **changes}.items() if value is not None}


ELSEWHERE = ARM.replace("eu-west-1", "eu-central-1")


@pytest.mark.parametrize(
    ("stacks", "rule", "fix"),
    [
        pytest.param({}, f'unknown stack "{STAGING}"', "as `images.pinned`", id="no such stack"),
        pytest.param({STAGING: {}}, f"{STAGING} is not", f"pulumi up -s {STAGING}", id="never updated"),
        pytest.param(
            {STAGING: _published(contract_version="1.2.0", images_source_uris=None)},
            "publishes contract version 1.2.0, and the output is in 1.3.0",
            "with this version of the program",
            id="older contract",
        ),
        pytest.param(
            {STAGING: _published(contract_version="2.0.0")},
            "contract version 2.0.0",
            "this version",
            id="next contract",
        ),
        pytest.param(
            {STAGING: _published(images_source_uris={"services/X86_64": INTEL})},
            f"`images_source_uris` of {STAGING} has services/X86_64",
            "`architecture`",
            id="other processor",
        ),
        pytest.param({STAGING: _published(images_source_uris={})}, "has nothing", "`architecture`", id="no image"),
        pytest.param(
            {STAGING: _published(images_source_uris={"services/ARM64": ELSEWHERE})},
            f"is in {ELSEWHERE.partition('/')[0]}",
            "ECR replicate",
            id="other Region",
        ),
        pytest.param(
            {STAGING: _published(images_source_uris={"services/ARM64": "quay.io/a/b:1"})},
            "services/ARM64 of organization/web-store/staging is quay.io/a/b:1",
            "update that stack",
            id="no digest",
        ),
    ],
)
def test_a_stack_without_the_image_ends_the_program_with_one_message(
    stacks: dict[str, Any], rule: str, fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", said.append)
    with pytest.raises(SystemExit) as caught:
        run(settings(**{"from": "staging"}), stacks)
    assert caught.value.code == 32, "the language host adds nothing"
    (message,) = said
    assert message.startswith(f"Pulumi.{STACK}.yaml: 1 problem in the settings, so nothing was planned or changed.")
    place, received, told, mend = message.split("\n\n")[1].split("\n")
    assert place.strip() == f"Pulumi.{STACK}.yaml: web-store:images.from"
    assert received.split(None, 1) == ["received", '"staging"']
    assert told.startswith("    rule      must name a stack")
    assert rule in told
    assert fix in mend
