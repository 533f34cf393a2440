"""Logs end some day, and are encrypted with the store's key of their Region."""

import pytest

from tests.program_under_mocks import store
from tests.stack_files import STACKS


@pytest.mark.parametrize("stack", STACKS)
def test_every_log_group_has_its_days_and_the_key_of_its_region(stack: str) -> None:
    groups = [group.inputs for group in store(stack).of(":LogGroup")]
    assert groups
    for group in groups:
        assert group["retentionInDays"] > 0, group
        key = "edge" if group.get("region") == "us-east-1" else "logs"
        assert group["kmsKeyId"].endswith(f":key/encryption-{key}"), group
