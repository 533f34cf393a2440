"""What the preview refuses of a deployed store, in words."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.program.conftest import Stack
from tests.program.life.frame import Change, deploy, edit_stack_file

Config = dict[str, Any]


def other_media_key(config: Config) -> None:
    config["web-store:encryption"]["multi_region"] = ["media"]


def protected(config: Config) -> None:
    config["web-store:environment"]["protect"] = True
    config["web-store:identity"]["accounts"] = {"confirmed_choice": "sign in with email; required: email"}
    other_media_key(config)


def eight_shards(config: Config) -> None:
    config["web-store:feeds"]["streams"]["catalogue"]["partitions"] = 8


@pytest.fixture(scope="module")
def refused(dev: Stack, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Callable[[Config], None]], str]:
    """What a preview says that must fail."""

    def preview(edit: Callable[[Config], None]) -> str:
        stack = deploy(dev, None, tmp_path_factory.mktemp(edit.__name__))
        edit_stack_file(stack, [Change(edit.__name__, edit)])
        done = stack.run("preview", policies=False)
        said = done.stdout + done.stderr
        assert done.returncode != 0
        assert "Traceback" not in said
        assert "unhandled" not in said
        return said

    return preview


def test_a_replacement_is_refused_where_protection_is_on(refused: Callable[[Callable[[Config], None]], str]) -> None:
    said = refused(protected)
    assert "file system `files`: replaced: its files stay in the old one" in said
    assert "key `encryption-media`: replaced: what is encrypted under the old key" in said
    assert 'urn: "*::aws:efs/fileSystem:FileSystem::files"' in said


def test_what_aws_refuses_is_told_before_anything_is_planned(
    refused: Callable[[Callable[[Config], None]], str],
) -> None:
    said = refused(eight_shards)
    assert "`feeds-catalogue`: 1 shards cannot become 8" in said
    assert "to create" not in said
    assert "to update" not in said


def test_a_replacement_is_told_where_protection_is_off(dev: Stack, tmp_path_factory: pytest.TempPathFactory) -> None:
    stack = deploy(dev, None, tmp_path_factory.mktemp("told"))
    edit_stack_file(stack, [Change("another key", other_media_key)])
    done = stack.run("preview", policies=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "file system `files`: replaced: its files are deleted with the old one" in done.stdout
