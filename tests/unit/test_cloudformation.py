"""Stacks of CloudFormation that make what pulumi_aws lacks."""

import json

import pulumi
import pytest

from components.blocks.cloudformation import CloudFormation
from tests.mocks import record

STACK = "cloudformation/stack:Stack"
BOT = {"Type": "AWS::Lex::Bot", "Properties": {"Name": "helper", "RoleArn": {"Ref": "RoleArn"}}}


def test_a_template_is_readable_whatever_its_parameters_are() -> None:
    def program() -> None:
        stack = CloudFormation(
            "helper",
            {"Bot": BOT},
            about="Answers",
            parameters={"RoleArn": pulumi.Output.from_input("arn:aws:iam::111111111111:role/helper")},
            outputs={"BotId": ("Bot", "Id")},
            opts=pulumi.ResourceOptions(),
        )
        pulumi.export("bot", stack.output("BotId"))

    made = record(program).one(STACK)
    template = json.loads(made.inputs["templateBody"])
    assert (template["Resources"], template["Parameters"]) == ({"Bot": BOT}, {"RoleArn": {"Type": "String"}})
    assert template["Outputs"] == {"BotId": {"Value": {"Fn::GetAtt": ["Bot", "Id"]}}}
    assert made.inputs["parameters"] == {"RoleArn": "arn:aws:iam::111111111111:role/helper"}
    assert len(made.outputs["outputs"]["BotId"]) == 10


def test_a_stack_without_outputs_and_parameters_has_no_empty_ones() -> None:
    made = record(lambda: CloudFormation("helper", {"Bot": BOT}, about="Answers", opts=pulumi.ResourceOptions()))
    assert json.loads(made.inputs(STACK)["templateBody"]).keys() == {
        "AWSTemplateFormatVersion",
        "Description",
        "Resources",
    }


def test_a_stack_without_its_output_is_told_and_not_guessed() -> None:
    def program() -> None:
        stack = CloudFormation("helper", {"Bot": BOT}, about="Answers", opts=pulumi.ResourceOptions())
        pulumi.export("bot", stack.output("BotId"))

    with pytest.raises(pulumi.RunError, match="`helper` must have the output BotId, and has only"):
        record(program)
