"""Resources of Cloud Control: what AWS decides of them, what replaces them, and what it refuses."""

import json
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2 as rpc

from offline.aws.cloud_control import decided_properties
from offline.facts.cloudformation import RECORD, schema_of_state
from offline.wire import UNKNOWN, plain
from tests.offline.aws.driver import KEY, QUEUE, ROLE, TRUST, Engine, RefusedCallError
from tests.offline.checks.cases.cloud_control import KEY as API_KEY
from tests.offline.checks.cases.cloud_control import RESTRICTIONS

_TOKEN = "aws:cloudcontrol/resource:Resource"
_KEY_TYPE, _TRACKER_TYPE, _ALIAS_TYPE = "AWS::Location::APIKey", "AWS::Location::Tracker", "AWS::Lex::BotAlias"


def inputs(type_name: str = _KEY_TYPE, **state: Any) -> dict[str, Any]:
    return {"typeName": type_name, "desiredState": json.dumps(state or API_KEY)}


def properties(outputs: dict[str, Any]) -> dict[str, Any]:
    return json.loads(plain(outputs["properties"]))


def test_aws_answers_the_state_with_what_it_decides_and_without_what_it_keeps(engine: Engine):
    made = engine.create(_TOKEN, "key", **inputs(**API_KEY, ForceDelete=True))
    found = properties(made.outputs)
    assert made.id == "stores"
    assert found["Restrictions"] == RESTRICTIONS
    assert found["KeyArn"] == found["Arn"]
    assert found["KeyArn"].startswith("arn:aws:geo:eu-west-1:")
    assert found["KeyArn"].endswith(":api-key/stores")
    assert "ForceDelete" not in found


def test_an_identifier_of_two_parts_has_a_bar(engine: Engine):
    made = engine.create(_TOKEN, "alias", **inputs(_ALIAS_TYPE, BotId="ABCDEFGHIJ", BotAliasName="live"))
    assert made.id == f"{properties(made.outputs)['BotAliasId']}|ABCDEFGHIJ"


def test_a_preview_knows_neither_identifier_nor_properties(engine: Engine):
    assert engine.preview(_TOKEN, "key", **inputs())["properties"] is UNKNOWN


def test_what_can_change_is_updated_and_keeps_what_aws_decided(engine: Engine):
    made = engine.create(_TOKEN, "key", **inputs())
    later = inputs(**{**API_KEY, "ExpireTime": "2028-06-30T00:00:00Z"})
    before = properties(made.outputs)
    assert made.diff(**inputs()).changes == rpc.DiffResponse.DIFF_NONE
    assert list(made.diff(**later).replaces) == []
    assert made.update(preview=True, **later)["properties"] is UNKNOWN
    assert properties(made.update(**later)) == {**before, "ExpireTime": "2028-06-30T00:00:00Z"}


@pytest.mark.parametrize("change", [inputs(**{**API_KEY, "KeyName": "other"}), inputs(_TRACKER_TYPE, TrackerName="a")])
def test_another_name_or_type_replaces(engine: Engine, change: dict[str, Any]):
    assert list(engine.create(_TOKEN, "key", **inputs()).diff(**change).replaces)


def test_the_order_of_members_is_no_change(engine: Engine):
    turned = json.dumps(dict(reversed(API_KEY.items())))
    made = engine.create(_TOKEN, "key", **inputs())
    assert made.diff(typeName=_KEY_TYPE, desiredState=turned).changes == rpc.DiffResponse.DIFF_NONE


def test_a_second_one_of_the_same_identifier_is_refused(engine: Engine):
    engine.create(_TOKEN, "key", **inputs())
    engine.create(_TOKEN, "tracker", **inputs(_TRACKER_TYPE, TrackerName="stores"))
    with pytest.raises(RefusedCallError, match=r"AlreadyExists: Resource of type 'AWS::Location::APIKey'.*'stores'"):
        engine.create(_TOKEN, "again", **inputs())


def test_what_aws_never_answers_cannot_be_changed(engine: Engine):
    made = engine.create(_TOKEN, "key", **inputs(**{**API_KEY, "ForceUpdate": True}))
    with pytest.raises(RefusedCallError, match=r"noSuchPath in source, path provided : //ForceUpdate"):
        made.update(**inputs(**{**API_KEY, "ForceUpdate": False}))
    later = {**API_KEY, "ForceUpdate": True, "ExpireTime": "2028-06-30T00:00:00Z"}
    assert properties(made.update(**inputs(**later)))["ExpireTime"] == "2028-06-30T00:00:00Z"


def test_a_type_without_updates_is_not_updated(engine: Engine):
    state = {"Name": "items", "Schema": "{}"}
    made = engine.create(_TOKEN, "schema", **inputs("AWS::Personalize::Schema", **state))
    assert list(made.diff(**inputs("AWS::Personalize::Schema", **{**state, "Name": "other"})).replaces)
    with pytest.raises(RefusedCallError, match="does not support UPDATE"):
        made.update(**inputs("AWS::Personalize::Schema", **{**state, "Schema": "[]"}))


def test_a_key_that_a_state_names_must_exist(engine: Engine):
    key = engine.create(KEY, "customer").outputs["arn"]
    engine.create(_TOKEN, "tracker", **inputs(_TRACKER_TYPE, TrackerName="couriers", KmsKeyId=key))
    missing = f"{key[:-1]}{'0' if key[-1] != '0' else '1'}"
    with pytest.raises(RefusedCallError, match=r"NotFoundException.*desiredState\.KmsKeyId"):
        engine.create(_TOKEN, "other", **inputs(_TRACKER_TYPE, TrackerName="vans", KmsKeyId=missing))


def test_a_desired_state_of_another_type_is_a_word(engine: Engine):
    role = engine.create(ROLE, "pipe", assumeRolePolicy=TRUST).outputs["arn"]
    queues = [engine.create(QUEUE, name).outputs["arn"] for name in ("source", "target")]
    pipe = engine.create(
        "aws:pipes/pipe:Pipe", "relay", roleArn=role, source=queues[0], target=queues[1], desiredState="RUNNING"
    )
    assert pipe.outputs["desiredState"] == "RUNNING"


def test_every_recorded_type_has_forms_of_what_aws_decides():
    decided = decided_properties()
    assert sorted(decided) == sorted(json.loads(RECORD.read_text())["types"])
    for name, forms in decided.items():
        schema = schema_of_state(name)
        assert schema is not None
        assert set(forms) == {path[0] for path in schema.read_only if len(path) == 1}, name
