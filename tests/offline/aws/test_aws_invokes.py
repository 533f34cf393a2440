"""Functions answer AWS's fixed facts, and what exists in the simulated cloud."""

import json

import pytest

from offline.wire import Secret
from tests.offline.aws.driver import KEY, VPC, Engine, Made, RefusedCallError

_DOCUMENT = "aws:iam/getPolicyDocument:getPolicyDocument"


def test_zones_of_a_region_are_its_own(engine: Engine):
    found = engine.invoke("aws:index/getAvailabilityZones:getAvailabilityZones")
    assert found["names"] == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    assert found["zoneIds"] == ["euw1-az1", "euw1-az2", "euw1-az3"]
    there = engine.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", region="us-east-1")
    assert len(there["names"]) == 6


def test_the_caller_is_the_allowed_account(start):
    found = start(allowedAccountIds='["111111111111"]').invoke("aws:index/getCallerIdentity:getCallerIdentity")
    assert found["accountId"] == "111111111111"
    assert found["arn"].startswith("arn:aws:iam::111111111111:")


def test_region_and_partition_follow_the_provider(start):
    engine = start(region="us-east-1")
    assert engine.invoke("aws:index/getRegion:getRegion")["region"] == "us-east-1"
    assert engine.invoke("aws:index/getPartition:getPartition")["dnsSuffix"] == "amazonaws.com"


@pytest.mark.parametrize(
    ("token", "arguments", "identifier"),
    [
        ("cloudfront/getCachePolicy", {"name": "Managed-CachingDisabled"}, "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"),
        ("cloudfront/getOriginRequestPolicy", {"name": "Managed-AllViewer"}, "216adef6-5c7f-47e4-b989-5492eafa07d3"),
        (
            "cloudfront/getResponseHeadersPolicy",
            {"name": "Managed-SecurityHeadersPolicy"},
            "67f7725c-6f97-4210-82d7-5512b31e9d03",
        ),
        ("ec2/getManagedPrefixList", {"name": "com.amazonaws.global.cloudfront.origin-facing"}, "pl-4fa04526"),
        ("ec2/getPrefixList", {"name": "com.amazonaws.eu-west-1.s3"}, "pl-6da54004"),
        ("elb/getServiceAccount", {}, "156460612806"),
        (
            "cloudfront/getLogDeliveryCanonicalUserId",
            {},
            "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0",
        ),
    ],
)
def test_what_aws_manages_has_its_published_id(engine: Engine, token, arguments, identifier):
    assert engine.invoke(f"aws:{token}:{token.split('/')[1]}", **arguments)["id"] == identifier


def test_an_existing_zone_is_found_by_name_with_or_without_dot(engine: Engine):
    zone = engine.create("aws:route53/zone:Zone", "shop", name="shop.example.com")
    for name in ("shop.example.com", "shop.example.com."):
        found = engine.invoke("aws:route53/getZone:getZone", name=name)
        assert (found["zoneId"], found["arn"]) == (zone.id, zone.outputs["arn"])


def test_an_own_cache_policy_is_found_beside_the_managed_ones(engine: Engine):
    made = engine.create(
        "aws:cloudfront/cachePolicy:CachePolicy",
        "short",
        name="short",
        parametersInCacheKeyAndForwardedToOrigin={
            "cookiesConfig": {"cookieBehavior": "none"},
            "headersConfig": {"headerBehavior": "none"},
            "queryStringsConfig": {"queryStringBehavior": "none"},
        },
    )
    assert engine.invoke("aws:cloudfront/getCachePolicy:getCachePolicy", name="short")["id"] == made.id


def test_keys_are_found_by_alias_and_by_arn(engine: Engine):
    key = engine.create(KEY, "main")
    engine.create("aws:kms/alias:Alias", "main", name="alias/store", targetKeyId=key.id)
    assert engine.invoke("aws:kms/getAlias:getAlias", name="alias/store")["targetKeyArn"] == key.outputs["arn"]
    assert engine.invoke("aws:kms/getKey:getKey", keyId=key.outputs["arn"])["keyId"] == key.id
    assert engine.invoke("aws:kms/getAlias:getAlias", name="alias/aws/s3")["targetKeyArn"].startswith("arn:aws:kms:")


def test_a_parameter_is_read_back_as_a_secret(engine: Engine):
    engine.create("aws:ssm/parameter:Parameter", "flags", name="/store/flags", type="SecureString", value=Secret("on"))
    assert engine.invoke("aws:ssm/getParameter:getParameter", name="/store/flags")["value"] == Secret("on")


def test_subnets_are_found_by_filter_and_tag(engine: Engine, network: dict[str, Made]):
    token = "aws:ec2/getSubnets:getSubnets"
    both = [{"name": "vpc-id", "values": [network["vpc"].id]}]
    one = [*both, {"name": "availability-zone", "values": ["eu-west-1b"]}]
    assert engine.invoke(token, filters=both)["ids"] == sorted([network["a"].id, network["b"].id])
    assert engine.invoke(token, filters=one)["ids"] == [network["b"].id]
    assert engine.invoke(token, tags={"tier": "app"})["ids"] == []


def test_a_look_up_without_a_match_fails_with_its_arguments(engine: Engine):
    with pytest.raises(
        RefusedCallError, match=r"no resource in account 123456789012, eu-west-1 matches name='shop\.example\.com'"
    ):
        engine.invoke("aws:route53/getZone:getZone", name="shop.example.com")


def test_a_look_up_that_fits_several_fails_with_their_ids(engine: Engine):
    ids = [engine.create(VPC, name, cidrBlock="10.0.0.0/16").id for name in ("one", "two")]
    with pytest.raises(RefusedCallError, match="2 resources match") as refused:
        engine.invoke("aws:ec2/getVpc:getVpc", cidrBlock="10.0.0.0/16")
    assert all(identifier in str(refused.value) for identifier in ids)


def test_an_unknown_function_fails_with_its_name(engine: Engine):
    with pytest.raises(RefusedCallError, match="aws:ec2/getSpotPrice:getSpotPrice is not simulated"):
        engine.invoke("aws:ec2/getSpotPrice:getSpotPrice", instanceType="t3.micro")


def test_a_policy_document_is_written_as_iam_reads_it(engine: Engine):
    statement = {
        "sid": "Read",
        "actions": ["s3:GetObject"],
        "resources": ["arn:aws:s3:::media/*", "arn:aws:s3:::media"],
        "principals": [{"type": "Service", "identifiers": ["cloudfront.amazonaws.com"]}],
        "conditions": [{"test": "StringEquals", "variable": "AWS:SourceArn", "values": ["arn:one"]}],
    }
    found = engine.invoke(_DOCUMENT, statements=[statement])
    assert json.loads(found["json"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": ["arn:aws:s3:::media/*", "arn:aws:s3:::media"],
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Condition": {"StringEquals": {"AWS:SourceArn": "arn:one"}},
            }
        ],
    }
    assert json.loads(found["minifiedJson"]) == json.loads(found["json"])


def test_policy_documents_are_merged_by_sid(engine: Engine):
    def source(sid: str, action: str) -> str:
        return json.dumps({"Statement": [{"Sid": sid, "Effect": "Allow", "Action": action, "Resource": "*"}]})

    found = engine.invoke(
        _DOCUMENT,
        sourcePolicyDocuments=[source("A", "s3:GetObject"), source("B", "s3:PutObject")],
        overridePolicyDocuments=[source("A", "s3:ListBucket")],
        statements=[{"actions": ["s3:DeleteObject"], "resources": ["*"], "effect": "Deny"}],
    )
    actions = [statement["Action"] for statement in json.loads(found["json"])["Statement"]]
    assert actions == ["s3:ListBucket", "s3:PutObject", "s3:DeleteObject"]


def test_two_sources_with_one_sid_are_refused(engine: Engine):
    text = json.dumps({"Statement": [{"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"}]})
    with pytest.raises(RefusedCallError, match="duplicate Sid A"):
        engine.invoke(_DOCUMENT, sourcePolicyDocuments=[text, text])


def test_variables_and_everybody_are_written_in_iams_way(engine: Engine):
    statement = {
        "actions": ["s3:GetObject"],
        "resources": ["arn:aws:s3:::m/&{aws:username}"],
        "principals": [{"type": "*", "identifiers": ["*"]}],
    }
    (written,) = json.loads(engine.invoke(_DOCUMENT, statements=[statement])["json"])["Statement"]
    assert written["Principal"] == "*"
    assert written["Resource"] == "arn:aws:s3:::m/${aws:username}"


def test_a_service_is_looked_up_with_what_runs(engine: Engine):
    service = "aws:ecs/service:Service"
    for name in ("web", "app"):
        engine.create(service, name, name=name, cluster="store", taskDefinition=f"{name}:7", desiredCount=3)
    found = engine.invoke("aws:ecs/getService:getService", clusterArn="store", serviceName="web")
    assert (found["taskDefinition"], found["status"]) == ("web:7", "ACTIVE")
    assert (found["desiredCount"], found["runningCount"], found["pendingCount"]) == (3, 3, 0)


def test_a_listener_rule_is_looked_up_with_its_weights_and_without_secrets(engine: Engine):
    rule = engine.create(
        "aws:lb/listenerRule:ListenerRule",
        "web",
        listenerArn="arn:aws:elasticloadbalancing:eu-west-1:222222222222:listener/app/web/1/2",
        conditions=[{"httpHeader": {"httpHeaderName": "X-Key", "values": [Secret("hunter2")]}}],
        actions=[
            {
                "type": "forward",
                "forward": {"targetGroups": [{"arn": "blue", "weight": 90}, {"arn": "green", "weight": 10}]},
            }
        ],
    )
    found = engine.invoke("aws:lb/getListenerRule:getListenerRule", arn=rule.outputs["arn"])
    (action,) = found["actions"]
    assert action["forwards"] == [{"targetGroups": [{"arn": "blue", "weight": 90}, {"arn": "green", "weight": 10}]}]
    assert "conditions" not in found
