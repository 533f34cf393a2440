"""What exists can be read, changed and deleted; what AWS refuses is refused, with the reason."""

import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline.aws.cloud import Cloud
from offline.wire import UNKNOWN, File, Secret, decode, encode
from tests.offline.aws.driver import (
    BALANCER,
    BUCKET,
    GROUP,
    KEY,
    QUEUE,
    ROLE,
    SUBNET,
    TABLE,
    TRUST,
    VPC,
    Engine,
    Made,
    RefusedCallError,
)

_SECRET, _VERSION = "aws:secretsmanager/secret:Secret", "aws:secretsmanager/secretVersion:SecretVersion"
_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_FIREWALL, _ROUTE = "aws:networkfirewall/firewall", "aws:ec2/route:Route"
_TABLE_OF_ROUTES = "aws:ec2/routeTable:RouteTable"
_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_TABLE = {"hashKey": "id", "attributes": [{"name": "id", "type": "S"}], "billingMode": "PAY_PER_REQUEST"}


def test_a_refresh_of_an_untouched_resource_finds_no_change(engine: Engine):
    queue = engine.create(QUEUE, "orders", tags={"a": "b"})
    response = queue.read()
    assert decode(response.inputs) == queue.inputs
    assert decode(response.properties) == queue.outputs


def test_an_import_by_id_gives_inputs_that_show_no_diff(start, engine: Engine):
    queue = engine.create(QUEUE, "orders", name="orders", visibilityTimeoutSeconds=60)
    another = start()
    response = another.read(QUEUE, queue.id)
    imported = Made(another, QUEUE, "imported", response.id, decode(response.inputs), decode(response.properties))
    assert imported.outputs["arn"] == queue.outputs["arn"]
    assert not imported.diff(name="orders", visibilityTimeoutSeconds=60).diffs


def test_what_does_not_exist_reads_as_gone(engine: Engine):
    assert engine.read(QUEUE, "https://sqs.eu-west-1.amazonaws.com/123456789012/none").id == ""


def test_drift_is_seen_by_a_refresh_and_by_the_diff_after_it(engine: Engine, home: Path):
    queue = engine.create(QUEUE, "orders", visibilityTimeoutSeconds=30)
    Cloud(home).edit(QUEUE, queue.id, {"visibilityTimeoutSeconds": 99}, account="123456789012")
    response = queue.read()
    assert decode(response.properties)["visibilityTimeoutSeconds"] == 99
    queue.inputs, queue.outputs = decode(response.inputs), decode(response.properties)
    assert list(queue.diff(visibilityTimeoutSeconds=30).diffs) == ["visibilityTimeoutSeconds"]


def test_an_update_keeps_the_id_and_changes_the_cloud(engine: Engine):
    queue = engine.create(QUEUE, "orders")
    arn = queue.outputs["arn"]
    queue.update(visibilityTimeoutSeconds=60)
    found = engine.read(QUEUE, queue.id)
    assert decode(found.properties)["visibilityTimeoutSeconds"] == 60
    assert decode(found.properties)["arn"] == arn


def test_an_update_of_what_somebody_deleted_fails(engine: Engine):
    queue = engine.create(QUEUE, "orders")
    queue.delete()
    with pytest.raises(RefusedCallError, match="does not exist any more"):
        queue.update(visibilityTimeoutSeconds=60)


def test_deleting_twice_is_no_error(engine: Engine):
    queue = engine.create(QUEUE, "orders")
    queue.delete()
    queue.delete()
    assert engine.read(QUEUE, queue.id).id == ""


def test_two_plugins_of_one_home_see_one_cloud(start):
    vpc = start().create(VPC, "net", cidrBlock="10.0.0.0/16")
    assert start().create(SUBNET, "app-a", vpcId=vpc.id, cidrBlock="10.0.0.0/24").id.startswith("subnet-")


@pytest.mark.parametrize(
    ("token", "inputs", "words"),
    [
        (
            SUBNET,
            {"vpcId": "vpc-0123456789abcdef0", "cidrBlock": "10.0.0.0/24"},
            "InvalidVpcID.NotFound.*property vpcId",
        ),
        (GROUP, {"vpcId": "vpc-0123456789abcdef0"}, "InvalidVpcID.NotFound"),
        (
            BALANCER,
            {"subnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]},
            r"InvalidSubnetID.NotFound.*subnets\[0\]",
        ),
        (
            "aws:ecs/taskDefinition:TaskDefinition",
            {
                "family": "web",
                "containerDefinitions": '[{"name":"web","image":"nginx","essential":true}]',
                "executionRoleArn": "arn:aws:iam::123456789012:role/none",
            },
            "'arn:aws:iam::123456789012:role/none' does not exist",
        ),
        (BUCKET, {"tags": {"a": "vpc-0123456789abcdef0"}}, ""),
    ],
)
def test_referring_to_what_does_not_exist_fails(engine: Engine, token, inputs, words):
    if not words:
        assert engine.create(token, "it", **inputs).id, "a tag is only a text"
        return
    with pytest.raises(RefusedCallError, match=words):
        engine.create(token, "it", **inputs)


def test_a_vpc_of_another_region_does_not_exist_here(start):
    vpc = start(region="us-east-1").create(VPC, "net", cidrBlock="10.0.0.0/16")
    with pytest.raises(RefusedCallError, match="InvalidVpcID"):
        start().create(SUBNET, "app-a", vpcId=vpc.id, cidrBlock="10.0.0.0/24")


def test_arns_of_other_accounts_and_of_aws_itself_are_not_judged(engine: Engine):
    role = engine.create(ROLE, "web", assumeRolePolicy=TRUST)
    for number, arn in enumerate(("arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::999999999999:policy/other")):
        assert engine.create(_ATTACHMENT, f"web-{number}", role=role.id, policyArn=arn).id == f"{role.id}/{arn}"


def test_a_failed_create_leaves_nothing(engine: Engine):
    with pytest.raises(RefusedCallError):
        engine.create(SUBNET, "app-a", vpcId="vpc-0123456789abcdef0", cidrBlock="10.0.0.0/24")
    assert engine.invoke("aws:ec2/getSubnets:getSubnets")["ids"] == []


def test_a_vpc_with_subnets_is_not_deleted(engine: Engine, network: dict[str, Made]):
    with pytest.raises(RefusedCallError, match=f"{network['a'].id} .vpcId"):
        network["vpc"].delete()
    for name in ("a", "b", "group", "vpc"):
        network[name].delete()
    assert engine.invoke("aws:ec2/getVpcs:getVpcs")["ids"] == []


def test_a_security_group_that_another_names_as_source_is_not_deleted(engine: Engine, network: dict[str, Made]):
    web = network["group"]
    data = engine.create(GROUP, "data", vpcId=network["vpc"].id, description="data")
    rule = engine.create(
        _RULE,
        "data-web",
        securityGroupId=data.id,
        referencedSecurityGroupId=web.id,
        ipProtocol="tcp",
        fromPort=6379,
        toPort=6379,
    )
    with pytest.raises(RefusedCallError, match="DependencyViolation"):
        web.delete()
    data.delete()  # takes its own rules along
    rule.delete()
    web.delete()


def test_a_subnet_with_a_load_balancer_is_not_deleted(engine: Engine, network: dict[str, Made]):
    balancer = engine.create(BALANCER, "web", subnets=[network["a"].id, network["b"].id])
    with pytest.raises(RefusedCallError, match="is in use by lb/loadBalancer"):
        network["a"].delete()
    balancer.delete()
    network["a"].delete()


def test_a_role_with_an_attached_policy_is_not_deleted(engine: Engine):
    role = engine.create(ROLE, "web", assumeRolePolicy=TRUST)
    attachment = engine.create(_ATTACHMENT, "web", role=role.id, policyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    with pytest.raises(RefusedCallError, match="DeleteConflict"):
        role.delete()
    attachment.delete()
    role.delete()


def test_a_deployment_that_a_stage_serves_is_not_deleted(engine: Engine):
    api = engine.create("aws:apigateway/restApi:RestApi", "store")
    deployment = engine.create("aws:apigateway/deployment:Deployment", "store", restApi=api.id)
    stage = engine.create(
        "aws:apigateway/stage:Stage", "store", restApi=api.id, deployment=deployment.id, stageName="api"
    )
    with pytest.raises(RefusedCallError, match="Active stages pointing to this deployment"):
        deployment.delete()
    stage.delete()
    deployment.delete()


@pytest.mark.parametrize("force", [False, True])
def test_a_zone_with_records_is_only_deleted_by_force(engine: Engine, force):
    zone = engine.create("aws:route53/zone:Zone", "shop", name="shop.example.com", forceDestroy=force)
    record = {"name": "www", "type": "A", "ttl": 60, "records": ["198.51.100.1"]}
    made = engine.create("aws:route53/record:Record", "www", zoneId=zone.id, **record)
    assert made.outputs["fqdn"] == "www.shop.example.com"
    if force:
        zone.delete()
        assert engine.read(zone.token, zone.id).id == ""
        return
    with pytest.raises(RefusedCallError, match="HostedZoneNotEmpty"):
        zone.delete()


@pytest.mark.parametrize(
    ("token", "inputs", "on", "off"),
    [
        (TABLE, _TABLE, {"deletionProtectionEnabled": True}, {"deletionProtectionEnabled": False}),
        ("aws:cognito/userPool:UserPool", {}, {"deletionProtection": "ACTIVE"}, {"deletionProtection": "INACTIVE"}),
    ],
)
def test_deletion_protection_protects_until_it_is_switched_off(engine: Engine, token, inputs, on, off):
    made = engine.create(token, "it", **inputs, **on)
    with pytest.raises(RefusedCallError, match=f"Set {next(iter(on))} to"):
        made.delete()
    made.update(**inputs, **off)
    made.delete()
    assert engine.read(token, made.id).id == ""


def test_a_protected_load_balancer_is_not_deleted(engine: Engine, network: dict[str, Made]):
    balancer = engine.create(BALANCER, "web", subnets=[network["a"].id, network["b"].id], enableDeletionProtection=True)
    with pytest.raises(RefusedCallError, match="OperationNotPermitted"):
        balancer.delete()


def test_a_deleted_key_waits_and_cannot_be_used(engine: Engine):
    key = engine.create(KEY, "customers", deletionWindowInDays=7)
    key.delete()
    assert engine.read(KEY, key.id).id == "", "for the program it is gone"
    with pytest.raises(RefusedCallError, match="pending deletion"):
        engine.create(TABLE, "carts", **_TABLE, serverSideEncryption={"enabled": True, "kmsKeyArn": key.outputs["arn"]})


def test_a_deleted_secret_keeps_its_name_for_the_recovery_window(start, engine: Engine):
    engine.create(_SECRET, "one", name="shop").delete()
    with pytest.raises(RefusedCallError, match="waits for its deletion"):
        start().create(_SECRET, "two", name="shop")
    start().create(_SECRET, "three", name="other", recoveryWindowInDays=0).delete()
    assert start().create(_SECRET, "four", name="other").id


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (QUEUE, {"name": "orders"}),
        (ROLE, {"name": "orders", "assumeRolePolicy": TRUST}),
        (BUCKET, {"bucket": "orders-of-the-shop"}),
        ("aws:cloudwatch/logGroup:LogGroup", {"name": "/store/orders"}),
    ],
)
def test_a_name_is_taken_once(start, token, inputs):
    start().create(token, "one", **inputs)
    other = start()
    with pytest.raises(RefusedCallError, match=r"already exists.*::one\)"):
        other.create(token, "two", **inputs)


def test_a_new_revision_lives_beside_the_old_one_until_that_is_deleted(engine: Engine):
    task = {"family": "web", "containerDefinitions": '[{"name":"web","image":"nginx","essential":true}]'}
    old = engine.create("aws:ecs/taskDefinition:TaskDefinition", "web", **task)
    new = engine.create("aws:ecs/taskDefinition:TaskDefinition", "web", **task)
    old.delete()
    assert decode(new.read().properties)["arn"].endswith("web:2")


def test_the_default_group_of_a_vpc_is_adopted_and_outlives_its_resource(engine: Engine, network: dict[str, Made]):
    token = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    closed = engine.create(token, "closed", vpcId=network["vpc"].id)
    assert closed.id == network["vpc"].outputs["defaultSecurityGroupId"]
    closed.delete()
    rule = engine.create(_RULE, "in", securityGroupId=closed.id, ipProtocol="-1", cidrIpv4="10.0.0.0/16")
    assert rule.id.startswith("sgr-")


def test_no_secret_lies_in_the_cloud_file_in_clear(engine: Engine, home: Path):
    secret = engine.create(_SECRET, "search")
    engine.create(_VERSION, "search", secretId=secret.id, secretString=Secret("a-very-secret-password"))
    sqlite3.connect(home / "cloud.sqlite").execute("pragma wal_checkpoint(truncate)")
    for file in home.iterdir():
        if file.is_file():
            assert b"a-very-secret-password" not in file.read_bytes()
    assert engine.invoke("aws:secretsmanager/getSecretVersion:getSecretVersion", secretId=secret.id)[
        "secretString"
    ] == Secret("a-very-secret-password")


def test_many_threads_and_connections_create_without_losing_anything(start, home: Path):
    engines = [start(), start()]

    def make(number: int) -> None:
        engines[number % 2].create(QUEUE, f"queue-{number}")

    threads = [threading.Thread(target=make, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = [item.id for item in Cloud(home).all(QUEUE)]
    assert len(set(names)) == 24


_texts = st.text("ab{[é\n", max_size=5)
_scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _texts
_values = st.recursive(
    _scalars | st.builds(Secret, _texts),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.dictionaries(_texts, _values, max_size=4))
def test_every_value_comes_back_from_the_wire_as_it_went(values):
    assert decode(encode(values)) == values


def test_an_archive_keeps_its_hash(engine: Engine):
    raw = {"4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7", "hash": "abc", "path": "x.zip"}
    assert decode(encode({"code": raw}))["code"] == File(raw)
    role = engine.create(ROLE, "api", assumeRolePolicy=TRUST)
    made = engine.create(
        "aws:lambda/function:Function",
        "api",
        role=role.outputs["arn"],
        runtime="python3.12",
        handler="app.handler",
        code=File(raw),
    )
    assert decode(made.read().inputs)["code"] == File(raw)


def _firewall(engine: Engine, *letters: str) -> tuple[Made, list[Made]]:
    """A firewall with an endpoint in each of these zones, and the subnets."""
    vpc = engine.create(VPC, "net", cidrBlock="10.0.0.0/16")
    rules = {"statelessDefaultActions": ["aws:forward_to_sfe"], "statelessFragmentDefaultActions": ["aws:drop"]}
    policy = engine.create(f"{_FIREWALL}Policy:FirewallPolicy", "policy", firewallPolicy=rules)
    subnets = [
        engine.create(SUBNET, f"s-{z}", vpcId=vpc.id, cidrBlock=f"10.0.{n}.0/28", availabilityZone=f"eu-west-1{z}")
        for n, z in enumerate("abc")
    ]
    firewall = engine.create(
        f"{_FIREWALL}:Firewall",
        "wall",
        vpcId=vpc.id,
        firewallPolicyArn=policy.outputs["arn"],
        subnetMappings=[{"subnetId": subnet.id} for subnet in subnets[: len(letters)]],
    )
    return firewall, subnets


def _endpoints(outputs: dict) -> dict[str, str]:
    (status,) = outputs["firewallStatuses"]
    return {state["availabilityZone"]: state["attachments"][0]["endpointId"] for state in status["syncStates"]}


def test_a_firewall_has_an_endpoint_in_each_zone_that_routes_can_lead_to(engine: Engine):
    firewall, _ = _firewall(engine, "a", "b")
    endpoints = _endpoints(firewall.outputs)
    assert endpoints.keys() == {"eu-west-1a", "eu-west-1b"}
    table = engine.create(_TABLE_OF_ROUTES, "table", vpcId=firewall.inputs["vpcId"])
    engine.create(
        _ROUTE,
        "out",
        routeTableId=table.id,
        destinationCidrBlock="0.0.0.0/0",
        vpcEndpointId=endpoints["eu-west-1b"],
    )
    with pytest.raises(RefusedCallError, match=r"InvalidVpcEndpointId\.NotFound"):
        engine.create(
            _ROUTE,
            "astray",
            routeTableId=table.id,
            destinationCidrBlock="10.9.0.0/16",
            vpcEndpointId="vpce-0123456789abcdef0",
        )


def test_a_firewalls_endpoints_are_unknown_in_a_preview_of_another_zone_only(engine: Engine):
    firewall, subnets = _firewall(engine, "a", "b")
    before = _endpoints(firewall.outputs)
    same = {key: firewall.inputs[key] for key in ("vpcId", "firewallPolicyArn", "subnetMappings")}
    more = {**same, "subnetMappings": [{"subnetId": subnet.id} for subnet in subnets]}
    assert _endpoints(firewall.update(preview=True, **same, description="x")) == before
    assert firewall.update(preview=True, **more)["firewallStatuses"] is UNKNOWN
    after = _endpoints(firewall.update(**more))
    assert after.keys() == before.keys() | {"eu-west-1c"}
    assert before.items() <= after.items(), "an endpoint stays when another comes"


def test_a_protected_firewall_and_what_it_uses_are_not_deleted(engine: Engine):
    firewall, subnets = _firewall(engine, "a")
    same = {key: firewall.inputs[key] for key in ("vpcId", "firewallPolicyArn", "subnetMappings")}
    firewall.update(**same, deleteProtection=True)
    with pytest.raises(RefusedCallError, match="delete protection is enabled"):
        firewall.delete()
    with pytest.raises(RefusedCallError, match="DependencyViolation"):
        subnets[0].delete()
    firewall.update(**same, deleteProtection=False)
    firewall.delete()
    subnets[0].delete()
