"""Resources of Cloud Control and aws-native are judged like those of pulumi-aws, by the names of their program."""

import json
import re

import pytest

from policies.library.cloudformation import FORMS
from policies.library.folded import Folded, fold
from policies.library.judge import Judge
from policies.library.resources import Resource
from policies.library.rules import REGISTRY
from policies.library.source_paths import sdk_name
from policies.library.translation import CLOUD_CONTROL, translate
from policies.library.values import MISSING, UNKNOWN, read
from tests.policies.cloudformation_states import MAP, STATES
from tests.policies.support import TODAY
from tests.policies.support import UNKNOWN as LATER


def control(type_name, state, **options):
    text = state if isinstance(state, str) else json.dumps(state)
    return Resource.of(CLOUD_CONTROL, "culprit", {"typeName": type_name, "desiredState": text}, **options)


def as_sdk(value):
    """Names in the SDK of aws-native; contents of documents and maps are unchanged."""
    if isinstance(value, list):
        return [as_sdk(item) for item in value]
    if not isinstance(value, dict) or "Statement" in value or "openapi" in value:
        return value
    return {sdk_name(key): item if key in MAP else as_sdk(item) for key, item in value.items()}


def native(type_name, state, **options):
    _, service, member = type_name.split("::")
    return Resource.of(f"aws-native:{service.lower()}:{member}", "culprit", as_sdk(state), **options)


def templated(type_name, state, **options):
    body = json.dumps({"Resources": {"It": {"Type": type_name, "Properties": state}}})
    return Resource.of("aws:cloudformation/stack:Stack", "culprit", {"templateBody": body}, **options)


EVERY_FORM = pytest.mark.parametrize(
    "form", [control, native, templated], ids=["Cloud Control", "aws-native", "template"]
)


def findings(*program):
    court = Judge(REGISTRY, today=lambda: TODAY)
    found = [finding for resource in program for finding in court.resource(resource)]
    found += court.stack(program)
    assert not [finding.message for finding in found if finding.broken]
    return {finding.rule.name: finding for finding in found}, court


@EVERY_FORM
@pytest.mark.parametrize("type_name", STATES)
def test_a_fault_is_found_by_the_path_that_the_program_has(type_name, form):
    written = STATES[type_name]
    found, _ = findings(form(type_name, written.bad))
    for rule, path in written.found.items():
        place = re.sub(r"[A-Za-z]+", lambda name: sdk_name(name[0]), path) if form is native else path
        assert rule in found, f"{rule} is not in {sorted(found)}"
        assert found[rule].urn.endswith("::culprit")
        assert (f"Resources.It.{place}" if form is templated else place) in found[rule].paths
        assert place in found[rule].message


@EVERY_FORM
@pytest.mark.parametrize("type_name", STATES)
def test_a_right_state_has_no_finding(type_name, form):
    written = STATES[type_name]
    found, _ = findings(form(type_name, written.good))
    assert not [found[rule].message for rule in written.found if rule in found]


@pytest.mark.parametrize("type_name", FORMS)
def test_an_unknown_state_is_deferred_and_has_no_finding(type_name):
    resource = control(type_name, LATER)
    found, court = findings(resource)
    assert found == {}
    judged = {rule for rule, urn in court.record.judged if urn == resource.urn}
    assert judged == {rule for rule, _ in court.record.deferred}


@pytest.mark.parametrize("type_name", FORMS)
@pytest.mark.parametrize("state", ["{}", "[]", "not JSON", "null", '"text"', ""])
def test_a_state_of_any_form_makes_no_rule_fail(type_name, state):
    findings(control(type_name, state))


@pytest.mark.parametrize("props", [{}, {"typeName": LATER}, {"typeName": "AWS::Unheard::Of", "desiredState": "{}"}])
def test_an_unknown_type_has_no_finding(props):
    assert findings(Resource.of(CLOUD_CONTROL, "culprit", props))[0] == {}
    assert findings(Resource.of("aws-native:unheard:Of", "culprit", {}))[0] == {}


def test_a_state_may_be_an_object():
    resource = Resource.of(
        CLOUD_CONTROL, "culprit", {"typeName": "AWS::Lambda::Url", "desiredState": {"AuthType": "NONE"}}
    )
    assert "lambda-function-url-authorized" in findings(resource)[0]


def test_resources_of_all_forms_refer_to_each_other():
    bucket = control("AWS::S3::Bucket", {"BucketName": "media"})
    block = Resource.of(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "block",
        {"bucket": LATER},
        refers={"bucket": [bucket]},
    )
    document = {
        "Statement": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    }
    policy = Resource.of("aws-native:s3:BucketPolicy", "policy", {"bucket": "media", "policyDocument": document})
    later = Resource.of(
        CLOUD_CONTROL,
        "later",
        {"typeName": "AWS::S3::BucketPolicy", "desiredState": LATER},
        refers={"desiredState": [bucket]},
    )
    alone, _ = findings(bucket)
    assert {"s3-bucket-public-access-block", "s3-bucket-tls-only"} <= set(alone)
    for answer in (policy, later):
        found, _ = findings(bucket, block, answer)
        assert not {"s3-bucket-tls-only"} & set(found)
    assert "s3-bucket-public-access-block" not in {
        rule for rule, finding in findings(bucket, block, policy)[0].items() if finding.urn == bucket.urn
    }


def test_a_bucket_is_found_by_what_cloud_control_reports_of_it():
    state = {"BucketName": "media"}
    stated = json.dumps({"Arn": "arn:aws:s3:::media", "BucketName": "media"})
    resource = Resource.of(
        CLOUD_CONTROL,
        "media",
        {"typeName": "AWS::S3::Bucket", "desiredState": json.dumps(state), "properties": stated, "id": "media"},
    )
    (main, *_) = translate(resource)
    assert (main.outputs["id"], main.outputs["arn"]) == ("media", "arn:aws:s3:::media")


def test_tags_of_the_provider_count_for_aws_native_and_not_for_a_desired_state():
    tags = [{"key": name, "value": "x"} for name in ("application", "environment", "owner", "cost-center")]
    provider = {"region": "eu-west-1", "defaultTags": {"tags": tags}}
    assert "aws-resource-required-tags" not in findings(native("AWS::SQS::Queue", {}, provider=provider))[0]
    provider = {"defaultTags": json.dumps({"tags": {tag["key"]: tag["value"] for tag in tags}})}
    assert "aws-resource-required-tags" in findings(control("AWS::SQS::Queue", {}, provider=provider))[0]
    own = [{"Key": tag["key"], "Value": tag["value"]} for tag in tags]
    assert "aws-resource-required-tags" not in findings(control("AWS::SQS::Queue", {"Tags": own}))[0]


@pytest.mark.parametrize("leaf", [LATER, None, 1, "", [], {}, [LATER]])
def test_a_leaf_of_any_form_makes_no_rule_fail_and_an_unknown_one_adds_nothing(leaf):
    def changes(value, path=()):
        if isinstance(value, dict):
            for key, item in value.items():
                yield from changes(item, (*path, key))
        elif isinstance(value, list):
            for number, item in enumerate(value):
                yield from changes(item, (*path, number))
        yield path

    for type_name, written in STATES.items():
        usual = set(findings(native(type_name, written.good))[0])
        for path in changes(written.good):
            if path:
                state = json.loads(json.dumps(written.good))
                place = state
                for step in path[:-1]:
                    place = place[step]
                place[path[-1]] = leaf
                found = set(findings(native(type_name, state))[0])
                assert leaf != LATER or found <= usual, (type_name, path, found - usual)


def test_members_are_found_in_any_case_and_named_as_written():
    value = fold({"KMSMasterKeyID": "k", "Map": {"aB": 1, "Ab": 2}})
    assert isinstance(value, Folded)
    assert (read(value, "kmsMasterKeyId"), "KMSMASTERKEYID" in value, value["kmsmasterkeyid"]) == ("k", True, "k")
    assert list(value["map"].items()) == [("aB", 1), ("Ab", 2)]
    assert value.get("other") is None
    value["kmsMasterKeyId"] = "new"
    assert dict(value)["KMSMasterKeyID"] == "new"


def test_of_an_unknown_state_everything_is_unknown():
    main, *parts = translate(control("AWS::S3::Bucket", LATER))
    assert read(main.props, "versioning.enabled") is UNKNOWN
    assert [part.kind for part in parts] == ["s3/bucketPublicAccessBlock", "s3/bucketOwnershipControls"]
    assert all(read(part.props, "anything") is UNKNOWN for part in parts)
    assert read(translate(control("AWS::S3::Bucket", {}))[0].props, "versioning.enabled") is MISSING
