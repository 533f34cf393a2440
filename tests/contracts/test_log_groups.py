"""Logs end some day, and are encrypted with the key of their Region; what customers say with theirs."""

import pytest

from components.chat.definition import CONVERSATIONS
from tests.program_under_mocks import store
from tests.stack_files import STACKS


@pytest.mark.parametrize("stack", STACKS)
def test_every_log_group_has_its_days_and_the_key_of_its_region(stack: str) -> None:
    groups = [(group.name, group.inputs) for group in store(stack).of(":LogGroup")]
    assert groups
    for name, group in groups:
        assert group["retentionInDays"] > 0, group
        key = "edge" if group.get("region") == "us-east-1" else "logs"
        if name == CONVERSATIONS:
            key = "customer"
        assert group["kmsKeyId"].endswith(f":key/encryption-{key}"), group
