"""Requests find their service by what botocore puts into them."""

import botocore.session
import pytest

from iam.services.registry import OPERATIONS
from local.gate_requests import SIGNED, TARGETS

_BOTOCORE = botocore.session.get_session()


@pytest.mark.parametrize("service", OPERATIONS)
def test_a_described_service_is_found(service: str) -> None:
    model = _BOTOCORE.get_service_model(service)
    prefix = model.metadata.get("targetPrefix")
    assert (TARGETS[prefix] if prefix else SIGNED[model.signing_name]) == service


def test_no_other_service_is_found() -> None:
    assert {*TARGETS.values(), *SIGNED.values()} == set(OPERATIONS)
