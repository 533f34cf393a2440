"""What AWS does not delete, and what stays of what it does."""

import pytest

from tests.offline.aws.driver import (
    BALANCER,
    GROUP,
    KEY,
    ROLE,
    TABLE,
    TRUST,
    Engine,
    Made,
    RefusedCallError,
)

_SECRET = "aws:secretsmanager/secret:Secret"
_ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_TABLE = {"hashKey": "id", "attributes": [{"name": "id", "type": "S"}], "billingMode": "PAY_PER_REQUEST"}


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
