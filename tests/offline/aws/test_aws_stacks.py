"""A CloudFormation stack answers the outputs of its template that offline AWS knows."""

import json
import re
from typing import Any

import pytest

from tests.offline.aws.driver import Engine, RefusedCallError

STACK = "aws:cloudformation/stack:Stack"
ROLE_ARN = "arn:aws:iam::111111111111:role/bot"


def template(kind: str, attribute: str = "Arn") -> str:
    return json.dumps(
        {
            "Resources": {"Connection": {"Type": kind}},
            "Outputs": {"Connection": {"Value": {"Fn::GetAtt": ["Connection", attribute]}}},
        }
    )


def test_the_arn_of_a_connection_has_the_form_of_eventbridge_and_is_its_own(engine: Engine):
    arns = [
        engine.create(STACK, name, name=name, templateBody=template("AWS::Events::Connection")).outputs["outputs"]
        for name in ("cms", "marketing")
    ]
    form = r"arn:aws:events:eu-west-1:\d{12}:connection/(cms|marketing)-Connection-\w{12}/[0-9a-f-]{36}"
    assert all(re.fullmatch(form, found["Connection"]) for found in arns)
    assert arns[0] != arns[1]


@pytest.mark.parametrize(("kind", "attribute"), [("AWS::S3::Bucket", "Arn"), ("AWS::Events::Connection", "SecretArn")])
def test_an_output_that_is_not_known_is_refused_instead_of_made_up(engine: Engine, kind: str, attribute: str):
    with pytest.raises(
        RefusedCallError, match="output Connection of the stack must be an attribute that offline AWS knows"
    ):
        engine.create(STACK, "other", name="other", templateBody=template(kind, attribute))


def test_a_template_without_outputs_has_none(engine: Engine):
    made = engine.create(STACK, "plain", name="plain", templateBody="{}")
    assert made.outputs["outputs"] == {}


def bot(version: str, **changes: Any) -> str:
    definition = {
        "Name": {"Ref": "Name"},
        "RoleArn": ROLE_ARN,
        "DataPrivacy": {"ChildDirected": False},
        "IdleSessionTTLInSeconds": 300,
    }
    locales = [{"LocaleId": "en_GB", "BotVersionLocaleDetails": {"SourceBotVersion": "DRAFT"}}]
    of_bot = {"BotId": {"Ref": "Bot"}}
    outputs = (("Bot", "Bot", "Id"), ("Id", "Alias", "BotAliasId"), ("Arn", "Alias", "Arn"))
    return json.dumps(
        {
            "Parameters": {"Name": {"Type": "String"}},
            "Resources": {
                "Bot": {"Type": "AWS::Lex::Bot", "Properties": {**definition, **changes}},
                version: {
                    "Type": "AWS::Lex::BotVersion",
                    "Properties": {**of_bot, "BotVersionLocaleSpecification": locales},
                },
                "Alias": {"Type": "AWS::Lex::BotAlias", "Properties": {**of_bot, "BotAliasName": "live"}},
            },
            "Outputs": {key: {"Value": {"Fn::GetAtt": [logical, attribute]}} for key, logical, attribute in outputs},
        }
    )


def test_what_a_template_makes_is_its_own_and_stays_through_updates(engine: Engine):
    made = engine.create(STACK, "chat", name="chat", templateBody=bot("VersionA"), parameters={"Name": "helper"})
    first = made.outputs["outputs"]
    assert first["Bot"] != first["Id"], "two ids of one form"
    assert re.fullmatch(rf"arn:aws:lex:eu-west-1:\d{{12}}:bot-alias/{first['Bot']}/{first['Id']}", first["Arn"])
    later = {"name": "chat", "templateBody": bot("VersionB", Description="Answers"), "parameters": {"Name": "helper"}}
    assert made.update(**later)["outputs"] == first
    other = engine.create(STACK, "help", name="help", templateBody=bot("VersionA"), parameters={"Name": "other"})
    assert other.outputs["outputs"]["Bot"] != first["Bot"]
