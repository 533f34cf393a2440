"""The web tier: how its blocks are put together, and what its service may do."""

import json
from typing import Any

import pulumi
import pytest

from components.blocks.load_balancer import OriginSecret
from components.shared_files import SharedFiles
from components.web_tier import WebTier
from settings.observability import ContainerInsights
from settings.shared_files import SharedFilesSettings
from settings.web_tier import WebTierSettings
from tests.foundation import dns, foundation, images, key_arn, network
from tests.mocks import Recorder, Registered, record

SERVICE = "ecs/service:Service"
TASK = "ecs/taskDefinition:TaskDefinition"
SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:web/stripe-AbCdEf"
PARAMETER_ARN = "arn:aws:ssm:eu-west-1:111111111111:parameter/web/feature"
SHIFTING = [
    {"strategy": "blue_green", "bake_minutes": 5},
    {"strategy": "canary", "canary_percent": 20, "canary_minutes": 7, "bake_minutes": 5},
    {"strategy": "linear", "step_percent": 25, "step_minutes": 3, "bake_minutes": 5},
]


def made(
    *,
    service: dict[str, Any] | None = None,
    public: bool = False,
    protect: bool = True,
    traced: bool = True,
    insights: ContainerInsights = "enhanced",
    looked_up: dict[str, dict[str, Any]] | None = None,
    is_preview: bool = False,
    **sections: Any,
) -> Recorder:
    settings = WebTierSettings.model_validate({"service": service or {}, **sections})

    def build() -> None:
        base, vpc = (
            foundation(name="dev", protect=protect, traced=traced, insights=insights, is_preview=is_preview),
            network(),
        )
        WebTier(
            "web",
            settings=settings,
            foundation=base,
            network=vpc,
            images=images(),
            files=SharedFiles("files", settings=SharedFilesSettings(), foundation=base, network=vpc),
            dns=dns("store.example.com"),
            origin_secret=OriginSecret(name="X-Key", value=pulumi.Output.secret("s" * 32)) if public else None,
        )

    return record(build, recorder=Recorder(looked_up=looked_up))


@pytest.fixture(scope="module")
def web() -> Recorder:
    return made()


def container(recorder: Recorder) -> dict[str, Any]:
    service, *_ = json.loads(recorder.inputs(TASK)["containerDefinitions"])
    return service


def policies_of(recorder: Recorder, role: str) -> dict[str, dict[str, Any]]:
    """Statements of every policy of a role, by policy and statement id."""
    return {
        f"{policy.name}.{sid}": statement
        for policy in recorder.of("iam/rolePolicy:RolePolicy")
        if policy.inputs["role"] == role
        for sid, statement in policy.statements().items()
    }


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
        "STORE_DOMAIN_NAME": "store.example.com",
        "STORE_SESSIONS_TABLE": "web-sessions",
        "STORE_FLAGS_TABLE": "web-flags",
        "STORE_CACHE_ENDPOINT": "clustercfg.web-cache.web-cache.euw1.cache.amazonaws.com",
        "STORE_CACHE_PORT": "6379",
        "STORE_CACHE_NAME": "web-cache",
        "STORE_CACHE_USER": "web-cache-test",
    }


def test_secrets_come_by_arn_and_only_the_starting_role_reads_them() -> None:
    recorder = made(service={"secrets": {"STRIPE": SECRET_ARN, "FEATURE": PARAMETER_ARN}})
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
    recorder = made(service={"secrets": {"STRIPE": f"{SECRET_ARN}:password::"}})
    assert container(recorder)["secrets"] == [{"name": "STRIPE", "valueFrom": f"{SECRET_ARN}:password::"}]
    assert policies_of(recorder, "web-service-start")["web-service-start.Secrets"]["Resource"] == SECRET_ARN


def test_a_new_share_of_spot_is_deployed_not_refused(web) -> None:
    assert web.inputs("ecs/service:Service")["forceNewDeployment"] is True


def test_without_secrets_the_starting_role_only_logs(web) -> None:
    assert actions(policies_of(web, "web-service-start")) == {"logs:CreateLogStream", "logs:PutLogEvents"}


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


@pytest.mark.parametrize(
    ("spot_percent", "strategy"),
    [
        (0, [("FARGATE", 100, 1)]),
        (40, [("FARGATE", 60, 1), ("FARGATE_SPOT", 40, None)]),
        (100, [("FARGATE", 0, 1), ("FARGATE_SPOT", 100, None)]),
    ],
)
def test_one_task_at_least_is_not_on_spot(spot_percent, strategy) -> None:
    found = made(service={"spot_percent": spot_percent}).inputs(SERVICE)["capacityProviderStrategies"]
    assert [(item["capacityProvider"], item["weight"], item.get("base")) for item in found] == strategy


def test_rolling_needs_no_second_target_group_and_no_further_role(web) -> None:
    inputs = web.inputs(SERVICE)
    assert inputs["deploymentConfiguration"] == {"strategy": "ROLLING"}
    assert "advancedConfiguration" not in inputs["loadBalancers"][0]
    assert web.names("iam/role:Role") == {"web-service-task", "web-service-start"}


@pytest.mark.parametrize("deployment", SHIFTING, ids=lambda d: d["strategy"])
def test_shifting_strategies_move_traffic_by_a_role_held_to_this_load_balancer(deployment) -> None:
    recorder = made(service={"deployment": deployment})
    inputs = recorder.inputs(SERVICE)
    assert inputs["deploymentController"] == {"type": "ECS"}
    assert inputs["deploymentConfiguration"]["strategy"] == deployment["strategy"].upper()
    assert inputs["deploymentConfiguration"]["bakeTimeInMinutes"] == "5"
    advanced = inputs["loadBalancers"][0]["advancedConfiguration"]
    assert advanced["alternateTargetGroupArn"].endswith("-green")
    assert advanced["productionListenerRule"].endswith("-production")
    assert advanced["testListenerRule"].endswith("-test")
    role = recorder.one("iam/role:Role", "web-service-shift")
    assert role.statements("assumeRolePolicy")["AssumedByService"]["Principal"] == {"Service": "ecs.amazonaws.com"}
    statements = policies_of(recorder, "web-service-shift")
    for sid in ("Targets", "Listeners", "Shift"):
        assert "*" not in "".join(statements[f"web-service-shift.{sid}"]["Resource"])


@pytest.mark.parametrize(
    ("deployment", "key", "value"),
    [
        (SHIFTING[1], "canaryConfiguration", {"canaryPercent": 20, "canaryBakeTimeInMinutes": "7"}),
        (SHIFTING[2], "linearConfiguration", {"stepPercent": 25, "stepBakeTimeInMinutes": "3"}),
    ],
)
def test_canary_and_linear_say_how_much_and_how_long(deployment, key, value) -> None:
    assert made(service={"deployment": deployment}).inputs(SERVICE)["deploymentConfiguration"][key] == value


def test_an_update_may_take_as_long_as_its_strategy(web) -> None:
    assert web.one(SERVICE).update_timeout == "30m"
    slow = {"strategy": "canary", "canary_minutes": 60, "bake_minutes": 60}
    assert made(service={"deployment": slow}).one(SERVICE).update_timeout == "150m"


def scaled(recorder: Recorder) -> dict[str, dict[str, Any]]:
    key = "targetTrackingScalingPolicyConfiguration"
    return {
        policy.name.removeprefix("web-scaling-"): policy.inputs[key]
        for policy in recorder.of("appautoscaling/policy:Policy")
    }


def test_the_service_scales_by_cpu_memory_and_requests(web) -> None:
    target = web.inputs("appautoscaling/target:Target")
    assert target["resourceId"] == "service/web-cluster/web-service"
    assert (target["minCapacity"], target["maxCapacity"]) == (3, 30)
    policies = scaled(web)
    assert policies.keys() == {"cpu", "memory", "requests"}
    label = policies["requests"]["predefinedMetricSpecification"]["resourceLabel"]
    assert label.startswith("app/web-balancer/")
    assert "/targetgroup/web-balancer-blue/" in label


def test_requests_are_counted_for_both_target_groups_while_traffic_shifts() -> None:
    requests = scaled(made(service={"deployment": SHIFTING[0]}))["requests"]
    assert "predefinedMetricSpecification" not in requests
    metrics = {query["id"]: query for query in requests["customizedMetricSpecification"]["metrics"]}
    assert metrics["per_task"]["expression"] == "requests / tasks"
    dimensions = metrics["requests"]["metricStat"]["metric"]["dimensions"]
    assert [dimension["name"] for dimension in dimensions] == ["LoadBalancer"]


@pytest.mark.parametrize(
    ("insights", "metric"),
    [
        ("enhanced", ("ECS/ContainerInsights", "RunningTaskCount", "Minimum")),
        ("enabled", ("ECS/ContainerInsights", "RunningTaskCount", "Minimum")),
        ("disabled", ("AWS/ECS", "CPUUtilization", "SampleCount")),
    ],
)
def test_tasks_are_counted_by_a_metric_that_the_cluster_has(insights: ContainerInsights, metric) -> None:
    recorder = made(insights=insights, service={"deployment": SHIFTING[0]})
    assert recorder.inputs("ecs/cluster:Cluster")["settings"] == [{"name": "containerInsights", "value": insights}]
    assert ("web-cluster-performance" in recorder.names(":LogGroup")) == (insights != "disabled")
    alarm = recorder.inputs(":MetricAlarm", "web-service-tasks")
    assert (alarm["namespace"], alarm["metricName"], alarm["statistic"]) == metric
    assert alarm["alarmDescription"].endswith("fargate-service.md#runningtaskcount")
    queries = scaled(recorder)["requests"]["customizedMetricSpecification"]["metrics"]
    counted = next(query["metricStat"] for query in queries if query["id"] == "tasks")
    assert (counted["metric"]["namespace"], counted["metric"]["metricName"], counted["stat"]) == metric


def test_a_peak_raises_the_floor_and_its_end_lowers_it_again() -> None:
    peak = {"begins": "at(2026-11-27T06:00:00)", "ends": "at(2026-11-28T06:00:00)", "min_tasks": 12}
    recorder = made(service={"scaling": {"peaks": {"black-friday": {**peak, "timezone": "Europe/Berlin"}}}})
    found = {a.name: a.inputs for a in recorder.of("appautoscaling/scheduledAction:ScheduledAction")}
    assert {name: inputs["scalableTargetAction"]["minCapacity"] for name, inputs in found.items()} == {
        "web-scaling-black-friday-begins": 12,
        "web-scaling-black-friday-ends": 3,
    }
    assert {inputs["timezone"] for inputs in found.values()} == {"Europe/Berlin"}


def test_no_calendar_no_scheduled_actions(web) -> None:
    assert not web.of("appautoscaling/scheduledAction:ScheduledAction")


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
