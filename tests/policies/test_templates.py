"""Templates of CloudFormation stacks are judged entry by entry, with the references of their functions."""

import json

import pytest

from policies.library.judge import Judge
from policies.library.resources import Resource
from policies.library.rules import REGISTRY
from policies.library.templates import entries
from policies.library.values import UNKNOWN
from tests.policies.support import UNKNOWN as LATER

STORE = """
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Source: {Type: String, Default: 0.0.0.0/0}
  KeyArn: {Type: String}
  Subnets: {Type: "List<AWS::EC2::Subnet::Id>"}
Resources:
  Uploads:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    Properties:
      BucketName: !Sub "uploads-${AWS::Region}"
      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: false}
  OnlyTls:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Uploads
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - Effect: Deny
            Principal: "*"
            Action: "s3:*"
            Resource: [!GetAtt Uploads.Arn, !Sub "${Uploads.Arn}/*"]
            Condition: {Bool: {"aws:SecureTransport": false}}
  Shell:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: administration
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: !Ref Source}]
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      KmsMasterKeyId: !Ref KeyArn
      Tags: !If [Tagged, [{Key: a, Value: b}], !Ref "AWS::NoValue"]
"""


def stack_of(body, parameters=None, **options):
    props = {"templateBody": body, "parameters": parameters or {}}
    return Resource.of("aws:cloudformation/stack:Stack", "store", props, provider={"region": "eu-west-1"}, **options)


def findings(*program):
    judge = Judge(REGISTRY)
    found = [finding for resource in program for finding in judge.resource(resource)]
    found += judge.stack(program)
    assert not [finding.message for finding in found if finding.broken]
    return {finding.rule.name: finding for finding in found}


def properties(body, parameters=None):
    return {entry.name: entry.properties for entry in entries(stack_of(body, parameters))}


def test_findings_go_to_the_stack_and_name_the_entry_and_its_property():
    stack = stack_of(STORE)
    found = findings(stack)
    finding = found["s3-bucket-public-access-block"]
    assert finding.urn == stack.urn
    place = "PublicAccessBlockConfiguration.BlockPublicPolicy in templateBody (template_body) is false"
    assert f'cloudformation/stack "store": Resources.Uploads: {place}' in finding.message
    assert finding.paths[0] == "Resources.Uploads.PublicAccessBlockConfiguration.BlockPublicPolicy"
    assert (
        "Resources.Uploads: must have an s3.BucketLogging; none references it" in found["s3-bucket-access-logs"].message
    )


def test_entries_refer_to_each_other():
    assert "s3-bucket-tls-only" not in findings(stack_of(STORE))
    assert "s3-bucket-tls-only" in findings(stack_of(STORE.replace("!Ref Uploads", "another-bucket")))


def test_an_entry_that_is_retained_is_as_good_as_protected():
    assert "aws-resource-protected" not in findings(stack_of(STORE))
    assert "aws-resource-protected" in findings(stack_of(STORE.replace("Retain", "Delete")))
    assert "aws-resource-protected" not in findings(stack_of(STORE.replace("Retain", "Delete"), protect=True))


@pytest.mark.parametrize(
    ("parameters", "found"),
    [({}, True), ({"Source": "::/0"}, True), ({"Source": "10.0.0.0/8"}, False), ({"Source": LATER}, False)],
    ids=["default", "given", "given and right", "not known"],
)
def test_parameters_have_the_stacks_values_else_their_defaults(parameters, found):
    assert ("ec2-security-group-admin-ports" in findings(stack_of(STORE, parameters))) is found


def test_a_value_of_a_parameter_refers_to_its_source():
    aws_own = Resource.of("aws:kms/key:Key", "imported", {"enableKeyRotation": False})
    stack = stack_of(STORE, {"KeyArn": LATER}, refers={"parameters": [aws_own]})
    (orders,) = [entry for entry in entries(stack) if entry.name == "Orders"]
    assert orders.edges["KmsMasterKeyId"] == (aws_own.urn,)
    assert orders.properties["KmsMasterKeyId"] is UNKNOWN


def test_resources_outside_the_template_refer_to_its_entries_by_the_stacks_outputs():
    body = STORE.replace(
        "      PublicAccessBlockConfiguration: {BlockPublicAcls: true, BlockPublicPolicy: false}\n", ""
    )
    stack = stack_of(body)
    flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    block = Resource.of(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "uploads",
        {"bucket": LATER, **dict.fromkeys(flags, True)},
        refers={"bucket": [stack]},
    )
    assert "s3-bucket-public-access-block" in findings(stack)
    assert "s3-bucket-public-access-block" not in findings(stack, block)


def test_functions_are_resolved_as_far_as_values_are_known():
    made = properties(STORE, {"Subnets": "subnet-1, subnet-2"})
    assert made["Uploads"]["BucketName"] == "uploads-eu-west-1"
    assert made["OnlyTls"]["Bucket"] is UNKNOWN
    assert made["OnlyTls"]["PolicyDocument"]["Version"] == "2012-10-17"
    assert made["Orders"] == {"KmsMasterKeyId": UNKNOWN, "Tags": UNKNOWN}
    functions = {
        "Joined": ({"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}]]}, "arn:aws"),
        "Listed": ({"Ref": "Subnets"}, ["subnet-1", "subnet-2"]),
        "Given": ({"Fn::Sub": ["${Name}/*${!Literal}", {"Name": "uploads"}]}, "uploads/*${Literal}"),
        "Unnamed": ({"Fn::Sub": "${AWS::AccountId}"}, UNKNOWN),
        "Stored": ({"Ref": "Image"}, UNKNOWN),
        "Owned": ({"Fn::GetAtt": "It.Arn"}, UNKNOWN),
        "Imported": ({"Fn::ImportValue": "key"}, UNKNOWN),
        "Nothing": ({"Fn::Join": 1}, UNKNOWN),
    }
    body = {
        "Parameters": {
            "Subnets": {"Type": "CommaDelimitedList"},
            "Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/images/store"},
        },
        "Resources": {"It": {"Type": "T", "Properties": {name: value for name, (value, _) in functions.items()}}},
    }
    made = properties(json.dumps(body), {"Subnets": "subnet-1,subnet-2"})
    assert made["It"] == {name: value for name, (_, value) in functions.items()}


@pytest.mark.parametrize("entry", [{"Ref": "AWS::NoValue"}, {"A": {"Ref": "AWS::NoValue"}}, [{"Ref": "AWS::NoValue"}]])
def test_a_property_without_a_value_is_left_out(entry):
    body = json.dumps({"Resources": {"It": {"Type": "T", "Properties": {"Value": entry, "Other": 1}}}})
    assert properties(body)["It"].get("Value") in (None, {}, [])


@pytest.mark.parametrize("depth", [300, 450, 900, 5_000])
@pytest.mark.parametrize("form", ["cloudformation/stack:Stack", "cloudcontrol/resource:Resource"])
def test_text_that_is_nested_too_deep_makes_no_rule_fail(form, depth):
    deep = '{"A": ' * depth + "1" + "}" * depth
    body = f'{{"Resources": {{"A": {{"Type": "AWS::S3::Bucket", "Properties": {deep}}}}}}}'
    props = {"templateBody": body, "typeName": "AWS::S3::Bucket", "desiredState": deep}
    findings(Resource.of(f"aws:{form}", "deep", props))


@pytest.mark.parametrize(
    "body",
    [
        *(
            "",
            "null",
            "[]",
            "Resources",
            "Resources: [1]",
            "a: [",
            "{",
            "Resources: {A: 1, B: {Type: [x]}}",
            LATER,
            None,
        ),
        *("Resources: {A: {Type: AWS::S3::Bucket, Properties: !Ref B}}", f"Resources: {{A: {{Type: {LATER}}}}}"),
        "Resources: {A: &a {Type: AWS::S3::Bucket, Properties: {Tags: !Sub [x], B: !GetAtt {x: y}, C: !Sub [1, {}]}}}",
        "Resources: {A: {Type: AWS::SQS::Queue, Properties: 2010-09-09}}",
    ],
)
def test_a_template_of_any_form_makes_no_rule_fail(body):
    findings(stack_of(body), Resource.of("aws:s3/bucket:Bucket", "other", {}))


def test_a_stack_of_aws_native_is_read_as_well():
    body = {"Resources": {"All": {"Type": "AWS::SQS::Queue", "Properties": {"SqsManagedSseEnabled": False}}}}
    native = Resource.of("aws-native:cloudformation:Stack", "store", {"templateBody": body})
    assert "Resources.All: SqsManagedSseEnabled in templateBody" in findings(native)["sqs-queue-encryption"].message
