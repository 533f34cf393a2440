"""AWS refuses a policy that names a role which is not there, and forgets a role that is made again."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.mocks import Recorder
from tests.program_under_mocks import Config, store

ROLE = re.compile(r"^arn:aws:iam::(\d{12}):role/")


def feeds_by_kinesis(config: Config) -> None:
    config["web-store:feeds"]["engine"] = {"kind": "kinesis"}


def principals(recorder: Recorder) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name of the resource, principal and statement of every policy."""
    for resource in recorder.resources:
        for key, text in resource.inputs.items():
            if not (key.lower().endswith("policy") and isinstance(text, str) and text.startswith("{")):
                continue
            for statement in json.loads(text).get("Statement", ()):
                named = statement.get("Principal", {})
                for principal in [named.get("AWS", [])] if isinstance(named, dict) else [named]:
                    for one in [principal] if isinstance(principal, str) else principal:
                        yield resource.name, one, statement


@pytest.mark.parametrize("change", [lambda _: None, feeds_by_kinesis], ids=["kafka", "kinesis"])
def test_no_policy_names_a_role_and_other_accounts_are_bounded_to_theirs(change) -> None:
    found = list(principals(store("prod", change)))
    assert {name for name, principal, _ in found if ":333333333333:" in principal} == {"orders-oms"}
    for name, principal, statement in found:
        assert not ROLE.match(principal), f"{name} names {principal}"
        if principal != "*" and ":222222222222:" not in principal:
            roles = statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]
            accounts = {role.split(":")[4] for role in ([roles] if isinstance(roles, str) else roles)}
            assert principal.split(":")[4] in accounts, f"{name} admits all of {principal}"


def test_the_key_of_streams_is_opened_to_their_writers() -> None:
    recorder = store("prod", feeds_by_kinesis)
    key = recorder.one("kms/key:Key", "encryption-customer").statements()
    assert {sid for sid in key if sid.startswith("OwnersOf")} == {
        "OwnersOfCatalogueEncrypt",
        "OwnersOfInventoryEncrypt",
        "OwnersOfOrderStatusEncrypt",
    }
