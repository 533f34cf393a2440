"""The keys: one per data class, each for its own services."""

import json
from typing import Any

import pytest

from components.encryption import Encryption
from settings.encryption import EncryptionSettings
from settings.feeds import FeedsSettings
from tests.foundation import KEY_CLASSES as CLASSES
from tests.foundation import environment
from tests.mocks import Recorder, record

ACCOUNT = "111111111111"


def encryption(protect: bool = True, **settings: Any) -> Recorder:
    chosen, account = EncryptionSettings(**settings), environment(protect=protect)
    return record(lambda: Encryption("encryption", settings=chosen, environment=account, feeds=FeedsSettings()))


def test_each_data_class_has_a_rotating_symmetric_key_with_an_alias() -> None:
    recorder = encryption()
    assert recorder.names("kms/key:Key") == {f"encryption-{name}" for name in CLASSES}
    for name in CLASSES:
        key = recorder.inputs("kms/key:Key", f"encryption-{name}")
        assert key["enableKeyRotation"] is True
        assert key["deletionWindowInDays"] == 30
        assert key["bypassPolicyLockoutSafetyCheck"] is False
        alias = recorder.inputs("kms/alias:Alias", f"encryption-{name}")
        assert alias["name"] == f"alias/web-store-test-{name}"
        assert alias["targetKeyId"] == f"encryption-{name}"


def test_the_key_of_the_edge_lies_where_cloudfront_needs_it() -> None:
    recorder = encryption()
    regions = {name: recorder.inputs("kms/key:Key", f"encryption-{name}").get("region") for name in CLASSES}
    assert regions.pop("edge") == "us-east-1"
    assert set(regions.values()) == {None}, "the others follow the provider's Region"
    assert recorder.inputs("kms/alias:Alias", "encryption-edge")["region"] == "us-east-1"


@pytest.mark.parametrize("name", CLASSES)
def test_only_the_account_and_named_services_under_a_condition_use_a_key(name: str) -> None:
    statements = json.loads(encryption().inputs("kms/key:Key", f"encryption-{name}")["policy"])["Statement"]
    account, *services = statements
    assert account["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    for statement in services:
        assert statement["Principal"].keys() == {"Service"}
        assert "kms:*" not in statement["Action"]
        assert ACCOUNT in json.dumps(statement["Condition"]), "a service acts for this account only"


def test_services_get_the_keys_of_the_data_that_they_handle() -> None:
    recorder = encryption()
    services = {
        name: {
            statement["Principal"]["Service"]
            for statement in recorder.one("kms/key:Key", f"encryption-{name}").statements().values()
            if "Service" in statement["Principal"]
        }
        for name in CLASSES
    }
    assert services == {
        "customer": {
            "fargate.amazonaws.com",
            "events.amazonaws.com",
            "delivery.logs.amazonaws.com",
            "logs.eu-west-1.amazonaws.com",
            "personalize.amazonaws.com",
        },
        "payment": {"fargate.amazonaws.com"},
        "media": {"cloudfront.amazonaws.com"},
        "logs": {"logs.eu-west-1.amazonaws.com", "cloudwatch.amazonaws.com", "backup.amazonaws.com"},
        "secrets": set(),
        "edge": {
            "logs.us-east-1.amazonaws.com",
            "cloudwatch.amazonaws.com",
            "budgets.amazonaws.com",
            "costalerts.amazonaws.com",
            "delivery.logs.amazonaws.com",
            "cloudfront.amazonaws.com",
        },
    }


@pytest.mark.parametrize("name", ["media", "edge"])
def test_cloudfront_is_known_by_the_one_key_that_it_sends(name: str) -> None:
    statement = encryption().one("kms/key:Key", f"encryption-{name}").statements()["CloudFrontReads"]
    assert statement["Action"] == "kms:Decrypt"
    assert statement["Condition"] == {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"}}


def test_the_log_of_conversations_alone_uses_the_key_of_customers() -> None:
    statement = encryption().one("kms/key:Key", "encryption-customer").statements()["LogGroupsOfTheAccount"]
    group = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:chat-conversations-*"
    assert statement["Condition"] == {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": group}}


def test_log_groups_decrypt_only_under_their_own_encryption_context() -> None:
    statement = encryption().one("kms/key:Key", "encryption-logs").statements()["LogGroupsOfTheAccount"]
    assert statement["Condition"] == {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:eu-west-1:{ACCOUNT}:*"}
    }


def test_keys_are_replicable_only_where_settings_say() -> None:
    recorder = encryption(multi_region=("media",))
    multi = {name for name in CLASSES if recorder.inputs("kms/key:Key", f"encryption-{name}")["multiRegion"]}
    assert multi == {"media"}


@pytest.mark.parametrize("protect", [True, False])
def test_keys_are_protected_from_deletion_as_the_environment_says(protect: bool) -> None:
    keys = encryption(protect=protect).of("kms/key:Key")
    assert {(key.protect, key.retain_on_delete) for key in keys} == {(protect, protect)}


def test_eventbridge_may_keep_credentials_of_third_parties_under_the_key_of_secrets_alone() -> None:
    recorder = encryption()
    tags = {name: recorder.inputs("kms/key:Key", f"encryption-{name}")["tags"] for name in CLASSES}
    tagged = {name for name, own in tags.items() if own.get("EventBridgeApiDestinations") == "true"}
    assert tagged == {"secrets"}
