"""The web tier: how its blocks are put together, and what its service may do."""

import json
from typing import Any

import pytest

from tests.foundation import key_arn
from tests.mocks import Recorder, Registered
from tests.unit.web_tier_box import API_KEY_ARN, PARAMETER_ARN, SECRET_ARN, SERVICE, TASK, container, made, policies_of


@pytest.fixture(scope="module")
def web() -> Recorder:
    return made()


def actions(statements: dict[str, dict[str, Any]]) -> set[str]:
    found = (statement["Action"] for statement in statements.values())
    return {action for one in found for action in ([one] if isinstance(one, str) else one)}


def test_tasks_run_in_every_app_subnet_without_a_public_address(web) -> None:
    network = web.inputs(SERVICE)["networkConfiguration"]
    assert network["subnets"] == ["subnet-app-a", "subnet-app-b"]
    assert network["assignPublicIp"] is False


def test_the_load_balancer_is_private_behind_a_vpc_origin_and_public_with_a_secret(web) -> None:
    balancer = web.inputs("lb/loadBalancer:LoadBalancer")
    assert (balancer["internal"], balancer["subnets"]) == (True, ["subnet-app-a", "subnet-app-b"])
    balancer = made(public=True).inputs("lb/loadBalancer:LoadBalancer")
    assert (balancer["internal"], balancer["subnets"]) == (False, ["subnet-public"])


def test_the_cache_stands_in_isolated_subnets(web) -> None:
    assert web.inputs("elasticache/subnetGroup:SubnetGroup")["subnetIds"] == ["subnet-data-a", "subnet-data-b"]


def test_a_failing_release_is_rolled_back_by_circuit_breaker_and_alarms(web) -> None:
    inputs = web.inputs(SERVICE)
    assert inputs["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert (inputs["alarms"]["enable"], inputs["alarms"]["rollback"]) == (True, True)
    alarms = web.names("MetricAlarm")
    assert inputs["alarms"]["alarmNames"]
    assert set(inputs["alarms"]["alarmNames"]) <= alarms
    assert inputs["healthCheckGracePeriodSeconds"] >= 300, "a JVM on a quarter of a vCPU starts in two minutes"
    assert inputs["waitForSteadyState"] is True


def test_tasks_are_spread_and_kept_spread_over_zones(web) -> None:
    assert web.inputs(SERVICE)["availabilityZoneRebalancing"] == "ENABLED"
    assert web.inputs(SERVICE)["desiredCount"] >= 2


def test_scaling_owns_the_number_of_tasks(web) -> None:
    assert "desiredCount" in web.one(SERVICE).ignore_changes


def test_the_container_cannot_write_gain_rights_or_be_root(web) -> None:
    definition = container(web)
    assert definition["readonlyRootFilesystem"] is True
    assert "privileged" not in definition, "Fargate refuses the key"
    assert definition["user"] == "1000"
    assert definition["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}
    assert definition["linuxParameters"]["initProcessEnabled"] is True
    assert [mount["containerPath"] for mount in definition["linuxParameters"]["tmpfs"]] == ["/tmp"]
    task = web.inputs(TASK)
    assert task["networkMode"] == "awsvpc"
    assert not {"pidMode", "ipcMode"} & task.keys()


def test_the_task_is_of_the_size_and_architecture_of_the_settings() -> None:
    recorder = made(service={"size": {"cpu": 2048, "memory_mib": 4096}, "architecture": "X86_64"})
    task = recorder.inputs(TASK)
    assert (task["cpu"], task["memory"]) == ("2048", "4096")
    assert task["runtimePlatform"] == {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}


def test_the_log_is_keyed_and_never_stops_a_request(web) -> None:
    log = container(web)["logConfiguration"]
    assert (log["logDriver"], log["options"]["mode"]) == ("awslogs", "non-blocking")
    assert log["options"]["awslogs-group"] == "web-service"
    group = web.inputs("cloudwatch/logGroup:LogGroup", "web-service")
    assert (group["kmsKeyId"], group["retentionInDays"]) == (key_arn("logs"), 365)


def test_the_service_learns_where_its_data_is() -> None:
    variables = {entry["name"]: entry["value"] for entry in container(made(traced=False))["environment"]}
    assert variables == {
        "STORE_PORT": "8080",
        "STORE_SERVICE": "web",
        "STORE_DOMAIN_NAME": "store.example.com",
        "STORE_STORE_URL": "https://store.example.com",
        "STORE_API_URL": "https://api.store.example.com/api",
        "STORE_SIGN_IN_URL": "https://auth.shop.example.com",
        "STORE_CLIENT_ID": "client-web",
        "STORE_TOKEN_ISSUER": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc",
        "STORE_SESSIONS_TABLE": "web-sessions",
        "STORE_FLAGS_TABLE": "web-flags",
        "STORE_CACHE_ENDPOINT": "clustercfg.web-cache.web-cache.euw1.cache.amazonaws.com",
        "STORE_CACHE_PORT": "6379",
        "STORE_CACHE_NAME": "web-cache",
        "STORE_CACHE_USER": "web-cache-test",
    }


def test_the_api_s_key_comes_from_its_secret_and_a_new_one_starts_new_tasks(web) -> None:
    assert container(web)["secrets"] == [{"name": "STORE_API_KEY", "valueFrom": f"{API_KEY_ARN}:::v1"}]
    start = policies_of(web, "web-service-start")
    assert start["web-service-start.Secrets"]["Resource"] == API_KEY_ARN
    assert start["web-service-start.KeyOfSecrets"]["Resource"] == key_arn("secrets")


def test_without_an_api_there_is_neither_url_nor_key_of_it() -> None:
    alone = container(made(api=False))
    assert "STORE_API_URL" not in {entry["name"] for entry in alone["environment"]}
    assert alone["secrets"] == []


def test_secrets_come_by_arn_and_only_the_starting_role_reads_them() -> None:
    recorder = made(api=False, service={"secrets": {"STRIPE": SECRET_ARN, "FEATURE": PARAMETER_ARN}})
    assert container(recorder)["secrets"] == [
        {"name": "FEATURE", "valueFrom": PARAMETER_ARN},
        {"name": "STRIPE", "valueFrom": SECRET_ARN},
    ]
    start = policies_of(recorder, "web-service-start")
    assert start["web-service-start.Secrets"]["Resource"] == SECRET_ARN
    assert start["web-service-start.Parameters"]["Resource"] == PARAMETER_ARN
    assert start["web-service-start.KeyOfSecrets"]["Resource"] == key_arn("secrets")
    assert "secretsmanager:GetSecretValue" not in actions(policies_of(recorder, "web-service-task"))


def test_one_key_of_a_secret_is_read_with_the_right_to_the_secret() -> None:
    recorder = made(api=False, service={"secrets": {"STRIPE": f"{SECRET_ARN}:password::"}})
    assert container(recorder)["secrets"] == [{"name": "STRIPE", "valueFrom": f"{SECRET_ARN}:password::"}]
    assert policies_of(recorder, "web-service-start")["web-service-start.Secrets"]["Resource"] == SECRET_ARN


def test_a_new_share_of_spot_is_deployed_not_refused(web) -> None:
    assert web.inputs("ecs/service:Service")["forceNewDeployment"] is True


def test_without_secrets_the_starting_role_only_logs() -> None:
    assert actions(policies_of(made(api=False), "web-service-start")) == {"logs:CreateLogStream", "logs:PutLogEvents"}


def test_a_private_image_is_pulled_from_its_repository_only() -> None:
    recorder = made(service={"image": "333333333333.dkr.ecr.eu-west-1.amazonaws.com/store/ui:1.2@sha256:" + "a" * 64})
    image = policies_of(recorder, "web-service-start")["web-service-start.Image"]
    assert image["Resource"] == "arn:aws:ecr:eu-west-1:333333333333:repository/store/ui"


def test_the_code_may_use_its_tables_and_its_cache_and_nothing_else() -> None:
    statements = policies_of(made(traced=False), "web-service-task")
    assert {action.split(":")[0] for action in actions(statements)} == {
        "dynamodb",
        "elasticache",
        "elasticfilesystem",
        "kms",
    }
    for statement in statements.values():
        assert "*" not in json.dumps([statement["Action"], statement["Resource"]])
    flags = statements["web-flags-scan-by-web-service-task.Items"]
    assert "dynamodb:PutItem" not in flags["Action"], "flags are changed by operators, not by the service"
    assert "elasticfilesystem:ClientWrite" not in actions(statements), "the web tier only reads shared files"


def test_shared_files_are_mounted_read_only_over_tls_by_iam(web) -> None:
    task = web.inputs(TASK)
    (volume,) = [volume for volume in task["volumes"] if "efsVolumeConfiguration" in volume]
    efs = volume["efsVolumeConfiguration"]
    assert efs["transitEncryption"] == "ENABLED"
    assert efs["authorizationConfig"]["iam"] == "ENABLED"
    assert efs["authorizationConfig"]["accessPointId"]
    mounts = json.loads(task["containerDefinitions"])[0]["mountPoints"]
    assert [mount["readOnly"] for mount in mounts if mount["sourceVolume"] == volume["name"]] == [True]


def test_task_and_start_have_different_roles(web) -> None:
    task = web.inputs(TASK)
    assert task["taskRoleArn"] != task["executionRoleArn"]


def test_roles_are_assumed_by_tasks_of_this_account_only(web) -> None:
    for role in web.of("iam/role:Role"):
        trust = role.statements("assumeRolePolicy")["AssumedByService"]
        assert trust["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "111111111111"}


def test_nobody_executes_commands_unless_the_setting_says_so(web) -> None:
    assert web.inputs(SERVICE)["enableExecuteCommand"] is False
    assert "ssmmessages:OpenDataChannel" not in actions(policies_of(web, "web-service-task"))
    open_ = made(service={"execute_command": True})
    assert open_.inputs(SERVICE)["enableExecuteCommand"] is True
    assert "ssmmessages:OpenDataChannel" in actions(policies_of(open_, "web-service-task"))
    writable = [mount["containerPath"] for mount in container(open_)["linuxParameters"]["tmpfs"]]
    assert writable == ["/tmp", "/var/lib/amazon", "/var/log/amazon"], "the session agent could not start"


def test_the_cluster_is_insightful_and_its_disks_and_sessions_are_keyed(web) -> None:
    cluster = web.inputs("ecs/cluster:Cluster")
    assert cluster["settings"] == [{"name": "containerInsights", "value": "enhanced"}]
    group = web.inputs("cloudwatch/logGroup:LogGroup", "web-cluster-performance")
    assert group["name"] == f"/aws/ecs/containerinsights/{cluster['name']}/performance", "ECS would make another"
    assert (group["retentionInDays"], group["kmsKeyId"]) == (365, key_arn("logs"))
    order = [resource.name for resource in web.resources if resource.type.endswith((":LogGroup", ":Cluster"))]
    assert order.index("web-cluster-performance") < order.index("web-cluster"), "ECS would make it first"
    storage = cluster["configuration"]["managedStorageConfiguration"]
    assert storage["fargateEphemeralStorageKmsKeyId"] == key_arn("customer")
    commands = cluster["configuration"]["executeCommandConfiguration"]
    assert (commands["kmsKeyId"], commands["logging"]) == (key_arn("logs"), "OVERRIDE")
    assert commands["logConfiguration"]["cloudWatchEncryptionEnabled"] is True


def ways(recorder: Recorder, kind: str) -> set[tuple[str, str, float]]:
    """Rules as (group, other end, port)."""

    def end(rule: Registered) -> str:
        keys = ("referencedSecurityGroupId", "prefixListId", "cidrIpv4")
        return next(rule.inputs[key] for key in keys if key in rule.inputs)

    return {(rule.inputs["securityGroupId"], end(rule), rule.inputs["fromPort"]) for rule in recorder.of(kind)}


def test_each_group_admits_only_the_one_before_it(web) -> None:
    assert ways(web, "SecurityGroupIngressRule") == {
        ("sg-web-balancer", "pl-4fa04526", 443),
        ("sg-web-service", "sg-web-balancer", 8080),
        ("sg-web-cache", "sg-web-service", 6379),
        ("sg-files", "sg-web-service", 2049),
        ("sg-endpoints", "sg-web-service", 443),
    }


def test_tasks_reach_their_data_aws_and_through_nat_the_internet(web) -> None:
    of_service = {(to, port) for group, to, port in ways(web, "SecurityGroupEgressRule") if group == "sg-web-service"}
    inside = {("sg-web-cache", 6379), ("sg-files", 2049), ("sg-endpoints", 443), ("pl-s3", 443), ("pl-dynamodb", 443)}
    assert of_service == inside | {("0.0.0.0/0", 443)}
    closed = made(service={"image": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/ui:1", "reach_internet": False})
    assert {(to, port) for group, to, port in ways(closed, "SecurityGroupEgressRule") if group == "sg-web-service"} == (
        inside
    )


def test_sessions_expire_and_both_tables_are_protected(web) -> None:
    assert web.inputs("dynamodb/table:Table", "web-sessions")["ttl"]["attributeName"] == "expires_at"
    assert "ttl" not in web.inputs("dynamodb/table:Table", "web-flags")
    assert all(table.protect for table in web.of("dynamodb/table:Table"))
    assert not any(table.protect for table in made(protect=False).of("dynamodb/table:Table"))


def test_every_log_group_has_a_key_and_an_end(web) -> None:
    groups = web.of("cloudwatch/logGroup:LogGroup")
    assert len(groups) == 6
    assert all(group.inputs["kmsKeyId"] == key_arn("logs") and group.inputs["retentionInDays"] for group in groups)


def test_every_resource_is_inside_a_component(web) -> None:
    outside = [r.name for r in web.resources if r.type.startswith("aws:") and "webstore:" not in r.parent]
    assert outside == []


def test_a_collector_runs_beside_the_service_and_cannot_take_it_down() -> None:
    service, collector = json.loads(made().inputs(TASK)["containerDefinitions"])
    assert (service["essential"], collector["essential"]) == (True, False)
    assert collector["readonlyRootFilesystem"] is True
    variables = {entry["name"]: entry["value"] for entry in service["environment"]}
    assert variables["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://localhost:4318"
    assert variables["OTEL_SDK_DISABLED"] == "false", "images that leave the SDK off would send nothing"
    assert variables["OTEL_TRACES_SAMPLER_ARG"] == "0.05"
    traces = {policy.name for policy in made().of("iam/rolePolicy:RolePolicy")}
    assert "web-service-tracing" in traces


def test_without_tracing_there_is_no_collector_and_no_permission() -> None:
    recorder = made(traced=False)
    assert len(json.loads(recorder.inputs(TASK)["containerDefinitions"])) == 1
    assert "OTEL_SERVICE_NAME" not in recorder.inputs(TASK)["containerDefinitions"]
    assert "web-service-tracing" not in {policy.name for policy in recorder.of("iam/rolePolicy:RolePolicy")}
