"""A CloudFormation stack answers the outputs of its template that offline AWS knows."""

import json
import re

import pytest

from tests.offline.aws.driver import Engine, RefusedCallError

STACK = "aws:cloudformation/stack:Stack"


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
    with pytest.raises(RefusedCallError, match="output Connection of the stack must be the ARN of an AWS::Events::Connection"):
        engine.create(STACK, "other", name="other", templateBody=template(kind, attribute))


def test_a_template_without_outputs_has_none(engine: Engine):
    made = engine.create(STACK, "plain", name="plain", templateBody="{}")
    assert made.outputs["outputs"] == {}
