"""Requests find their service by what botocore puts into them."""

import botocore.session
import pytest

from iam.services.registry import OPERATIONS
from local.gate_requests import BY_PATH, SIGNED, TARGETS

_BOTOCORE = botocore.session.get_session()


@pytest.mark.parametrize("service", OPERATIONS)
def test_a_described_service_is_found(service: str) -> None:
    model = _BOTOCORE.get_service_model(service)
    prefix = model.metadata.get("targetPrefix")
    if model.signing_name == "personalize" and not prefix:
        for name in OPERATIONS[service]:
            assert BY_PATH[model.operation_model(name).http["requestUri"]] == service
        return
    assert (TARGETS[prefix] if prefix else SIGNED[model.signing_name]) == service


def test_no_other_service_is_found() -> None:
    assert {*TARGETS.values(), *SIGNED.values(), *BY_PATH.values()} == set(OPERATIONS)
