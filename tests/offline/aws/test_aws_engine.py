"""A program on the real engine: up, unchanged, refreshed, changed, refused, destroyed."""

import json
import subprocess
from pathlib import Path

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from offline.aws.cloud import Cloud
from offline.schema import package_version
from offline.workspace import PROJECT
from tests.offline.aws.driver import QUEUE

_NETWORK = """
import pulumi
import pulumi_aws as aws

vpc = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16", tags={"env": "prod"})
subnets = [
    aws.ec2.Subnet(f"app-{zone}", vpc_id=vpc.id, cidr_block=f"10.0.{n}.0/24", availability_zone=f"eu-west-1{zone}")
    for n, zone in enumerate("ab")
]
group = aws.ec2.SecurityGroup("web", vpc_id=vpc.id, description="web")
balancer = aws.lb.LoadBalancer("web", subnets=[s.id for s in subnets], security_groups=[group.id])
zone = aws.route53.Zone("shop", name="shop.example.com")
alias = {"name": balancer.dns_name, "zone_id": balancer.zone_id, "evaluate_target_health": True}
aws.route53.Record("www", zone_id=zone.zone_id, name="www.shop.example.com", type="A", aliases=[alias])
password = pulumi.Output.secret("a-very-secret-password")
secret = aws.secretsmanager.Secret("search", recovery_window_in_days=0)
aws.secretsmanager.SecretVersion("search", secret_id=secret.id, secret_string=password)
queue = aws.sqs.Queue("orders")
edge = aws.acm.Certificate("edge", domain_name="shop.example.com", validation_method="DNS", region="us-east-1")
pulumi.export("queue", queue.url)
pulumi.export("edge", edge.arn)
pulumi.export("account", aws.get_caller_identity().account_id)
"""


def test_a_program_comes_up_stays_unchanged_and_goes_again(program):
    sample = program(_NETWORK)
    up = sample.up()
    assert up.returncode == 0, up.stdout + up.stderr
    assert "a-very-secret-password" not in up.stdout + up.stderr

    by_name = {(entry["type"], entry["urn"].rsplit("::", 1)[1]): entry for entry in sample.resources}
    queue = by_name[QUEUE, "orders"]
    assert queue["outputs"]["tagsAll"] == {"owner": "store", "env": "dev"}
    assert by_name["aws:ec2/vpc:Vpc", "net"]["outputs"]["tagsAll"] == {"owner": "store", "env": "prod"}
    assert by_name["aws:acm/certificate:Certificate", "edge"]["id"].startswith("arn:aws:acm:us-east-1:")
    assert sample.workspace.outputs("dev")["account"] == "123456789012"

    for command in (("preview", "--expect-no-changes"), ("refresh", "--yes", "--expect-no-changes")):
        done = sample.run(*command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"

    cloud = Cloud(sample.workspace.home)
    assert len(cloud.all()) == sum(entry["custom"] for entry in by_name.values() if entry["type"].startswith("aws:"))
    destroyed = sample.run("destroy", "--yes", "--skip-preview")
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert cloud.all() == []


def test_all_mistakes_of_a_resource_are_shown_and_nothing_is_created(program):
    sample = program(
        "import pulumi_aws as aws\n"
        "aws.dynamodb.Table('carts', hash_key='id', billing_mode='ON_DEMAND',\n"
        "    attributes=[{'name': 'id', 'type': 'S'}], ttl={'enabeld': True})\n"
    )
    up = sample.up()
    shown = up.stdout + up.stderr
    assert up.returncode != 0
    assert "billingMode" in shown
    assert "did you mean 'enabled'" in shown
    assert "Traceback" not in shown.replace("error: Program failed", "")
    assert Cloud(sample.workspace.home).all() == []


def test_a_plugin_whose_engine_died_ends_by_itself(home: Path):
    """The shell stands for the engine; the pipe closes when the last of the two is gone."""
    assert home.is_dir()
    plugin = PROJECT / "offline" / "bin" / "pulumi-resource-aws"
    engine = subprocess.Popen(["sh", "-c", f"'{plugin}' & wait"], stdout=subprocess.PIPE, text=True)
    assert engine.stdout is not None
    port = int(engine.stdout.readline())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        info = ResourceProviderStub(channel).GetPluginInfo(Empty(), timeout=60)
    assert info.version == package_version()
    engine.kill()
    rest, _ = engine.communicate(timeout=60)
    assert rest == "", "the engine reads nothing but the port"


_SERVICE = """
import pulumi_aws as aws

cluster = aws.ecs.Cluster("store")
aws.ecs.Service("web", cluster=cluster.id, task_definition="web:{revision}", desired_count=1)
"""


def test_an_update_after_a_failed_one_is_green_until_a_refresh_tells_the_truth(program, tmp_path: Path):
    """What the engine and pulumi-aws do with a deployment that ECS rolls back: pulumi/pulumi#21458."""
    sample = program(_SERVICE.format(revision=1))
    assert sample.up().returncode == 0
    fault = {"type": "aws:ecs/service:Service", "operation": "update", "kind": "unstable"}
    (tmp_path / "home" / "faults.json").write_text(json.dumps({"faults": [fault]}), encoding="utf-8")

    def running() -> str:
        (service,) = Cloud(tmp_path / "home").all("aws:ecs/service:Service")
        return service.outputs["taskDefinition"]

    sample.write(_SERVICE.format(revision=2))
    failed = sample.up()
    assert failed.returncode != 0
    assert "circuit breaker threshold was exceeded" in failed.stdout + failed.stderr
    again = sample.up()
    assert (again.returncode, running()) == (0, "web:1"), "green, and the old revision runs"
    assert sample.run("refresh", "--yes", "--skip-preview").returncode == 0
    assert "1 updated" in sample.up().stdout
    assert running() == "web:2"


_REPLACED = """
import pulumi
import pulumi_aws as aws

vpc = aws.ec2.Vpc("net", cidr_block="10.0.0.0/16")
subnets = [
    aws.ec2.Subnet(f"app-{{z}}", vpc_id=vpc.id, cidr_block=f"10.0.{{n}}.0/{mask}", availability_zone=f"eu-west-1{{z}}")
    for n, z in enumerate("ab")
]
aws.lb.LoadBalancer("web", internal=True, subnets=[subnet.id for subnet in subnets])
pool = aws.cognito.UserPool("customers", alias_attributes={aliases})
aws.cognito.UserPoolDomain("customers", domain="store", user_pool_id=pool.id,
    opts=pulumi.ResourceOptions(delete_before_replace=True))
"""


def test_a_preview_tells_what_the_update_would_be_refused(program):
    """New subnets come before the old ones go, unless the program says otherwise; the domain says so."""
    sample = program(_REPLACED.format(mask=24, aliases=["email"]))
    assert sample.up().returncode == 0
    sample.write(_REPLACED.format(mask=25, aliases=["email"]))
    for done in (sample.run("preview"), sample.up()):
        assert done.returncode != 0
        assert "InvalidSubnet.Conflict: The CIDR '10.0." in done.stdout + done.stderr
    sample.write(_REPLACED.format(mask=24, aliases=["preferred_username"]))
    for done in (sample.run("preview"), sample.up()):
        assert done.returncode == 0, done.stdout + done.stderr
