"""A preview tells what is known and nothing more; ids and ARNs have AWS's form."""

import re

import pytest

from offline.wire import UNKNOWN, Secret
from tests.offline.aws.driver import BALANCER, BUCKET, KEY, QUEUE, ROLE, TABLE, TRUST, VPC, Engine, Made

_CLOUDFRONT = "aws:cloudfront/originAccessControl:OriginAccessControl"
_PLACES = {"originAccessControlOriginType": "s3", "signingBehavior": "always", "signingProtocol": "sigv4"}
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_NAMED = "it-[0-9a-f]{7}"
_HERE = "eu-west-1:123456789012"
_FORMS = [
    (VPC, {"cidrBlock": "10.0.0.0/16"}, "vpc-0[0-9a-f]{16}", f"arn:aws:ec2:{_HERE}:vpc/vpc-0[0-9a-f]{{16}}"),
    (QUEUE, {}, rf"https://sqs\.eu-west-1\.amazonaws\.com/123456789012/{_NAMED}", f"arn:aws:sqs:{_HERE}:{_NAMED}"),
    (ROLE, {"assumeRolePolicy": TRUST}, _NAMED, f"arn:aws:iam::123456789012:role/{_NAMED}"),
    (ROLE, {"assumeRolePolicy": TRUST, "path": "/a/"}, _NAMED, f"arn:aws:iam::123456789012:role/a/{_NAMED}"),
    (KEY, {}, _UUID, f"arn:aws:kms:{_HERE}:key/{_UUID}"),
    (BUCKET, {}, _NAMED, f"arn:aws:s3:::{_NAMED}"),
    ("aws:sns/topic:Topic", {}, f"arn:aws:sns:{_HERE}:{_NAMED}", f"arn:aws:sns:{_HERE}:{_NAMED}"),
    ("aws:route53/zone:Zone", {"name": "a.example"}, "Z[A-Z0-9]{20}", "arn:aws:route53:::hostedzone/Z[A-Z0-9]{20}"),
    (_CLOUDFRONT, _PLACES, "E[A-Z0-9]{13}", "arn:aws:cloudfront::123456789012:origin-access-control/E[A-Z0-9]{13}"),
    (
        "aws:cognito/userPool:UserPool",
        {},
        "eu-west-1_[a-z0-9]{9}",
        f"arn:aws:cognito-idp:{_HERE}:userpool/eu-west-1_.*",
    ),
    ("aws:secretsmanager/secret:Secret", {}, f"arn:aws:secretsmanager:{_HERE}:secret:{_NAMED}-[a-z0-9]{{6}}", "arn:.*"),
    ("aws:cloudwatch/logGroup:LogGroup", {}, _NAMED, f"arn:aws:logs:{_HERE}:log-group:{_NAMED}"),
]


@pytest.mark.parametrize(("token", "inputs", "id_form", "arn_form"), _FORMS, ids=lambda value: str(value)[:40])
def test_ids_and_arns_have_the_form_that_aws_gives(engine: Engine, token, inputs, id_form, arn_form):
    made = engine.create(token, "it", **inputs)
    assert re.fullmatch(id_form, made.id)
    assert re.fullmatch(arn_form, made.outputs["arn"])


def test_what_aws_decides_is_unknown_in_a_preview_and_what_is_given_is_not(engine: Engine):
    planned = engine.preview(VPC, "net", cidrBlock="10.0.0.0/16")
    assert planned["cidrBlock"] == "10.0.0.0/16"
    assert planned["instanceTenancy"] == "default", "the provider's own default is known"
    assert planned["region"] == "eu-west-1"
    unknown = {key for key, value in planned.items() if value is UNKNOWN}
    assert {"arn", "mainRouteTableId", "defaultSecurityGroupId", "ipv6CidrBlock", "ownerId"} <= unknown


def test_everything_unknown_in_a_preview_is_known_after_the_deployment(engine: Engine):
    planned = engine.preview(QUEUE, "orders")
    made = engine.create(QUEUE, "orders")
    unknown = {key for key, value in planned.items() if value is UNKNOWN}
    assert unknown, "a queue has an ARN that only AWS knows"
    assert unknown <= made.outputs.keys()
    assert UNKNOWN not in made.outputs.values()


def test_a_preview_leaves_nothing_behind(engine: Engine):
    engine.preview(VPC, "net", cidrBlock="10.0.0.0/16")
    assert engine.invoke("aws:ec2/getVpcs:getVpcs")["ids"] == []


def test_the_name_in_the_preview_is_the_name_that_is_deployed(engine: Engine):
    assert engine.preview(QUEUE, "orders")["name"] == engine.create(QUEUE, "orders").outputs["name"]


def test_an_update_shows_known_ids_in_its_preview(engine: Engine):
    queue = engine.create(QUEUE, "orders")
    planned = queue.update(preview=True, visibilityTimeoutSeconds=60)
    assert planned["visibilityTimeoutSeconds"] == 60
    assert planned["arn"] == queue.outputs["arn"]
    assert UNKNOWN not in planned.values()


def test_the_same_program_in_two_regions_and_accounts_gets_its_own_arns(start):
    one, other = start(), start(region="us-east-1", allowedAccountIds='["222222222222"]')
    arns = {each.create(QUEUE, "orders").outputs["arn"].rsplit(":", 1)[0] for each in (one, other)}
    assert arns == {"arn:aws:sqs:eu-west-1:123456789012", "arn:aws:sqs:us-east-1:222222222222"}


def test_a_resource_with_a_region_of_its_own_lands_there(engine: Engine):
    certificate = engine.create(
        "aws:acm/certificate:Certificate",
        "edge",
        domainName="shop.example.com",
        validationMethod="DNS",
        region="us-east-1",
    )
    assert certificate.id.startswith("arn:aws:acm:us-east-1:123456789012:certificate/")


def test_the_regions_of_other_partitions_have_their_own_arns(start):
    assert start(region="cn-north-1").create(QUEUE, "orders").outputs["arn"].startswith("arn:aws-cn:sqs:cn-north-1:")


def test_secrets_stay_secret_in_the_outputs(engine: Engine):
    secret = engine.create("aws:secretsmanager/secret:Secret", "search")
    version = engine.create(
        "aws:secretsmanager/secretVersion:SecretVersion", "search", secretId=secret.id, secretString=Secret("hush")
    )
    assert version.outputs["secretString"] == Secret("hush")


def test_a_certificate_asks_for_one_record_a_name_and_the_same_for_its_wildcard(engine: Engine):
    made = engine.create(
        "aws:acm/certificate:Certificate",
        "shop",
        domainName="shop.example.com",
        subjectAlternativeNames=["*.shop.example.com", "api.example.com"],
        validationMethod="DNS",
    )
    options = made.outputs["domainValidationOptions"]
    assert [option["domainName"] for option in options] == ["shop.example.com", "*.shop.example.com", "api.example.com"]
    assert options[0]["resourceRecordName"] == options[1]["resourceRecordName"] != options[2]["resourceRecordName"]
    assert all(
        re.fullmatch(r"_[0-9a-f]{32}\.(shop|api)\.example\.com\.", item["resourceRecordName"]) for item in options
    )


def test_outputs_that_awsx_relies_on_are_there(engine: Engine):
    vpc = engine.create(VPC, "net", cidrBlock="10.0.0.0/16")
    address = engine.create("aws:ec2/eip:Eip", "nat", domain="vpc")
    assert vpc.outputs["ipv6CidrBlock"] == ""
    assert address.outputs["allocationId"] == address.id


def test_a_load_balancer_knows_its_vpc_from_its_subnets(engine: Engine, network: dict[str, Made]):
    balancer = engine.create(
        BALANCER, "web", subnets=[network["a"].id, network["b"].id], securityGroups=[network["group"].id]
    )
    assert balancer.outputs["vpcId"] == network["vpc"].id
    assert balancer.outputs["zoneId"] == "Z32O12XQLNTSW2", "https://docs.aws.amazon.com/general/latest/gr/elb.html"
    assert balancer.outputs["arnSuffix"] == balancer.id.split(":loadbalancer/")[1]


def test_arns_of_listeners_and_rules_follow_from_their_load_balancer(engine: Engine, network: dict[str, Made]):
    balancer = engine.create(BALANCER, "web", subnets=[network["a"].id, network["b"].id])
    group = engine.create("aws:lb/targetGroup:TargetGroup", "web", port=80, protocol="HTTP", vpcId=network["vpc"].id)
    action = {"type": "forward", "targetGroupArn": group.id}
    listener = engine.create(
        "aws:lb/listener:Listener",
        "http",
        loadBalancerArn=balancer.id,
        port=80,
        protocol="HTTP",
        defaultActions=[action],
    )
    assert re.fullmatch(re.escape(balancer.id).replace("loadbalancer/", "listener/") + "/[0-9a-f]{16}", listener.id)


def test_a_new_revision_of_a_task_definition_counts_up(engine: Engine):
    task = {"family": "web", "containerDefinitions": '[{"name":"web","image":"nginx","essential":true}]'}
    arns = [engine.create("aws:ecs/taskDefinition:TaskDefinition", "web", **task).outputs["arn"] for _ in range(2)]
    assert [arn.rsplit("/", 1)[1] for arn in arns] == ["web:1", "web:2"]


def test_streams_have_an_arn_only_when_they_are_on(engine: Engine):
    table = {"hashKey": "id", "attributes": [{"name": "id", "type": "S"}], "billingMode": "PAY_PER_REQUEST"}
    quiet = engine.create(TABLE, "quiet", **table)
    loud = engine.create(TABLE, "loud", **table, streamEnabled=True, streamViewType="NEW_IMAGE")
    assert quiet.outputs["streamArn"] == ""
    assert loud.outputs["streamArn"].startswith(loud.outputs["arn"] + "/stream/")


@pytest.mark.parametrize(
    ("shape", "members", "endpoint"),
    [
        ({"numCacheClusters": 2}, ["web-001", "web-002"], "primaryEndpointAddress"),
        (
            {"numNodeGroups": 2, "replicasPerNodeGroup": 1, "clusterMode": "enabled"},
            ["web-0001-001", "web-0001-002", "web-0002-001", "web-0002-002"],
            "configurationEndpointAddress",
        ),
    ],
)
def test_the_nodes_of_a_cache_are_named_by_shard_and_node(engine: Engine, shape, members, endpoint):
    """https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Endpoints.html"""
    group = {"replicationGroupId": "web", "description": "web", "engine": "valkey", "automaticFailoverEnabled": True}
    made = engine.create("aws:elasticache/replicationGroup:ReplicationGroup", "web", **group, **shape)
    assert made.outputs["memberClusters"] == members
    assert re.fullmatch(r"(clustercfg\.)?web\.[a-z0-9]{6}\.euw1\.cache\.amazonaws\.com", made.outputs[endpoint])


def test_a_name_prefix_is_completed_by_the_provider(engine: Engine):
    planned = engine.preview(QUEUE, "orders", namePrefix="orders-", fifoQueue=True)
    made = engine.create(QUEUE, "orders", namePrefix="orders-", fifoQueue=True)
    assert planned["name"] is UNKNOWN
    assert re.fullmatch(r"orders-[0-9]{26}\.fifo", made.outputs["name"])
    assert made.id.endswith("/" + made.outputs["name"])


def test_a_stream_that_is_switched_on_later_gets_its_arn_then(engine: Engine):
    table = {"hashKey": "id", "attributes": [{"name": "id", "type": "S"}], "billingMode": "PAY_PER_REQUEST"}
    made = engine.create(TABLE, "carts", **table)
    arn = made.outputs["arn"]
    streamed = made.update(**table, streamEnabled=True, streamViewType="NEW_IMAGE")
    assert streamed["streamArn"].startswith(f"{arn}/stream/")
    assert made.update(**table)["streamArn"] == ""
