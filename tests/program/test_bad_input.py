"""What a user sees who made a mistake: one clear message, a failing exit code, and nothing created."""

from collections.abc import Callable
from typing import Any

import pytest

from offline.errors import OfflineError
from tests.program.conftest import Stack

Change = Callable[[dict[str, Any]], object]
Variant = Callable[[str, Change], Stack]


def test_every_wrong_setting_is_told_at_once_without_a_traceback(variant: Variant) -> None:
    def break_it(config: dict[str, Any]) -> None:
        config["web-store:network"]["cidr_block"] = "10.10.0.0/33"
        config["web-store:network"]["zonse"] = ["eu-west-1a"]
        config["web-store:environment"]["protect"] = "yes"
        config["web-store:dns"]["domain_name"] = "not a domain"
        config["web-store:netwrok"] = {}

    stack = variant("dev", break_it)
    done = stack.preview()
    said = done.stdout + done.stderr
    assert done.returncode != 0
    for path in ("network.cidr_block", "network.zonse", "environment.protect", "dns.domain_name", "netwrok"):
        assert path in said, said
    assert "Pulumi.dev.yaml" in said
    assert "Traceback" not in said
    assert "unhandled" not in said


def test_a_wrong_setting_creates_nothing(variant: Variant) -> None:
    def one_zone(config: dict[str, Any]) -> None:
        config["web-store:network"]["zones"] = ["eu-west-1a"]

    stack = variant("prod", one_zone)
    done = stack.up()
    assert done.returncode != 0
    assert "network.zones" in done.stdout + done.stderr
    assert [entry for entry in stack.resources if entry.get("custom")] == []


def test_a_wrong_value_that_only_aws_knows_is_told_with_its_property(variant: Variant) -> None:
    def no_such_zone(config: dict[str, Any]) -> None:
        config["web-store:network"]["zones"] = ["eu-west-1a", "eu-west-1z"]

    stack = variant("dev", no_such_zone)
    done = stack.preview()
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "eu-west-1z" in said
    assert "Traceback" not in said


def test_a_stack_without_a_file_is_told_with_the_files_there_are(variant: Variant) -> None:
    stack = variant("dev", dict.copy)
    with pytest.raises(OfflineError, match=r"Pulumi\.nowhere\.yaml.*Stacks: dev"):
        stack.workspace.prepare("nowhere")
