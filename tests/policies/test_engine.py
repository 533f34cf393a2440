"""Packs on the real engine, over another team's program: exit codes, reports, and a state judged like its update."""

import json
import subprocess
from pathlib import Path

import pytest

from offline.packs import PACK
from offline.workspace import PROJECT
from tests.offline.conftest import Program
from tests.policies.formats import SARIF, violations

POLICIES = PROJECT / "policies"
PROD = POLICIES / "config" / "prod.json"
FAULTY = """
import json
import pulumi
import pulumi_aws as aws

ireland = aws.Provider("ireland", region="eu-west-1")
kept = pulumi.ResourceOptions(provider=ireland)
key = aws.kms.Key("orders", opts=kept)
logs = aws.s3.Bucket("logs")
aws.s3.BucketPublicAccessBlock("logs", bucket=logs.id, block_public_acls=False)
dead = aws.sqs.Queue("dead")
queue = aws.sqs.Queue(
    "orders",
    kms_master_key_id=key.arn,
    redrive_policy=dead.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})),
)
table = aws.dynamodb.Table(
    "orders", hash_key="id", attributes=[{"name": "id", "type": "S"}], billing_mode="PAY_PER_REQUEST"
)
vpc = aws.ec2.Vpc("shop", cidr_block="10.0.0.0/16")
subnets = [
    aws.ec2.Subnet(f"web-{zone}", vpc_id=vpc.id, cidr_block=f"10.0.{number}.0/24", availability_zone="eu-west-1a")
    for number, zone in enumerate("ab")
]
group = aws.ec2.SecurityGroup(
    "web",
    vpc_id=vpc.id,
    ingress=[{"protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"]}],
)
balancer = aws.lb.LoadBalancer("web", subnets=[subnet.id for subnet in subnets], security_groups=[group.id])
aws.lb.Listener(
    "web", load_balancer_arn=balancer.arn, port=80, protocol="HTTP",
    default_actions=[{"type": "fixed-response", "fixed_response": {"content_type": "text/plain"}}],
)
role = aws.iam.Role("task", assume_role_policy=json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}))
aws.iam.RolePolicy("task", role=role.id, policy=table.arn.apply(lambda arn: json.dumps({
    "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": [arn, "*"]}],
})))
aws.sqs.Queue.get("read", dead.id)
aws.s3.Bucket.get("read", logs.id)
aws.dynamodb.Table.get("read", table.id)
secret = pulumi.Output.secret("correct-horse-battery")
aws.ssm.Parameter("token", type="String", value=secret)
aws.lambda_.Function(
    "resize", role=role.arn, runtime="python3.13", handler="m.h", s3_bucket="code", s3_key="k",
    environment={"variables": {"DB_PASSWORD": secret}},
)
"""


@pytest.fixture
def faulty(program) -> Program:
    return program(FAULTY)


def advisory(folder: Path) -> Path:
    """The settings of prod without a level that ends an update."""
    config = json.loads(PROD.read_text())
    for entry in config.values():
        entry["enforcementLevel"] = "advisory"
    path = folder / "advisory.json"
    path.write_text(json.dumps(config))
    return path


def under(pack: Path, config: Path) -> tuple[str, ...]:
    return ("--policy-pack", str(pack), "--policy-pack-config", str(config))


def report(program: Program, name: str = "dev") -> dict:
    log = json.loads((program.workspace.home / "reports" / f"{name}.sarif").read_text())
    assert list(violations(log, SARIF)) == []
    return log["runs"][0]


def findings(run: dict) -> set[tuple[str, ...]]:
    return {
        (result["ruleId"], result["properties"]["urn"], result["kind"], result["message"]["text"])
        for result in run["results"]
    }


def analyze(program: Program, *options: str) -> subprocess.CompletedProcess[str]:
    """`pulumi policy analyze` of the exported state, from another folder and without the stack."""
    state = program.workspace.pulumi("stack", "export", "--stack", "dev", capture=True).stdout
    file = program.workspace.home / "state.json"
    file.write_text(state)
    return program.workspace.pulumi(
        "policy", "analyze", "--file", str(file), "--color", "never", *options, capture=True, check=False
    )


def report_of_a_refused_update(program: Program, options: tuple[str, ...]) -> dict:
    """The engine ends an update at the first mandatory finding about a resource."""
    done = program.run("up", "--yes", "--skip-preview", *options)
    assert done.returncode == 1
    run = report(program)
    assert run["properties"]["operation"] == "update"
    assert not run["invocations"][0]["executionSuccessful"]
    assert run["properties"]["counts"]["mandatory"] > 0
    return run


def test_a_state_is_judged_like_the_update_that_made_it_and_mandatory_findings_fail_a_run(faulty, tmp_path):
    options = under(POLICIES, advisory(tmp_path))
    done = faulty.run("up", "--yes", "--skip-preview", *options)
    assert done.returncode == 0, done.stdout
    update = report(faulty)
    assert update["properties"]["operation"] == "update"
    assert update["invocations"][0]["executionSuccessful"]
    found = {result["ruleId"] for result in update["results"]}
    # Of inputs, of outputs, of relations by known text, of relations by dependency, of the stack.
    assert {"kms-key-rotation", "lb-load-balancer-web-acl", "lambda-function-no-secret-environment"} <= found, sorted(
        found
    )

    assert not [result for result in update["results"] if result["properties"]["urn"].endswith("::read")]

    state = analyze(faulty, *options)
    assert state.returncode == 0, state.stderr
    analysis = report(faulty)
    assert analysis["properties"]["operation"] == "analysis"
    assert findings(analysis) == findings(update)

    mandatory = under(POLICIES, PROD)
    assert analyze(faulty, *mandatory).returncode == 1
    # As our own commands have it: the engine starts the pack itself, and the findings are those of its folder.
    judged = faulty.run("preview", *under(PACK, PROD))
    assert judged.returncode == 1
    assert "[mandatory]" in judged.stdout
    preview = report(faulty)
    assert preview["properties"]["operation"] == "preview"
    assert findings(preview) == findings(update)
    assert "KeyboardInterrupt" not in judged.stdout + judged.stderr

    refused = report_of_a_refused_update(faulty, mandatory)
    told = judged.stdout + done.stdout + state.stdout + json.dumps([update, analysis, preview, refused])
    assert "correct-horse-battery" not in told
