"""ECS: services, task definitions, clusters."""

import json

from tests.policies.cases.helpers.zones import zone_cases
from tests.policies.support import CULPRIT, DROP, KEY, UNKNOWN, Cases, edit, res


def cluster(**command):
    return res("ecs/cluster:Cluster", CULPRIT, {"configuration": {"executeCommandConfiguration": command}})


def task_with_variable(name, value):
    container = {"name": "web", "environment": [{"name": name, "value": value}]}
    return res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"containerDefinitions": json.dumps([container])})


def service_on(cluster, **props):
    return [
        cluster,
        res("ecs/service:Service", CULPRIT, {"cluster": UNKNOWN, **props}, refers={"cluster": [cluster]}),
    ]


def store_cluster(**block):
    props = {"configuration": {"executeCommandConfiguration": block}} if block else {}
    return res("ecs/cluster:Cluster", "store", props)


def service_with_address(public):
    return res("ecs/service:Service", CULPRIT, {"networkConfiguration": {"assignPublicIp": public}})


_HARDENED = {"name": "web", "user": "1000:1000", "readonlyRootFilesystem": True}


def task(*containers, **props):
    return res(
        "ecs/taskDefinition:TaskDefinition", CULPRIT, {"containerDefinitions": json.dumps(list(containers)), **props}
    )


def fargate_service(**props):
    return res("ecs/service:Service", CULPRIT, {"launchType": "FARGATE", **props})


def insights_cluster(value):
    settings = [{"name": "containerInsights", "value": value}] if value else []
    return res("ecs/cluster:Cluster", CULPRIT, {"settings": settings})


def service(**props):
    return res("ecs/service:Service", CULPRIT, props)


def scaling(of, fewest):
    return res(
        "appautoscaling/target:Target",
        "scaling",
        {"resourceId": UNKNOWN, "minCapacity": fewest},
        refers={"resourceId": [of]},
    )


_ECS = zone_cases("ecs/service:Service", "networkConfiguration.subnets", {"desiredCount": 2})
_ROLE = "arn:aws:iam::111111111111:role/web"


def task_with_roles(task_role, execution_role, **options):
    return res(
        "ecs/taskDefinition:TaskDefinition",
        CULPRIT,
        {"taskRoleArn": task_role, "executionRoleArn": execution_role},
        **options,
    )


_WEB, _AGENT = res("iam/role:Role", "web"), res("iam/role:Role", "agent")
_BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


def web_service(**props):
    return res("ecs/service:Service", CULPRIT, {"name": "web", **props})


def scaled(resource="service/store/web", fewest=2, **options):
    return res("appautoscaling/target:Target", "target", {"resourceId": resource, "minCapacity": fewest}, **options)


_VOLUME = {
    "name": "shared",
    "efsVolumeConfiguration": {
        "fileSystemId": UNKNOWN,
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"iam": "ENABLED"},
    },
}


def task_with_volume(**changes):
    return res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"volumes": [edit(_VOLUME, changes)]})


CASES = {
    "ecs-cluster-exec-encrypted": Cases(
        good={"a key": [cluster(kmsKeyId=KEY, logging="OVERRIDE")], "no sessions": [res("ecs/cluster:Cluster", "c")]},
        bad={"not set": [cluster(logging="DEFAULT")]},
    ),
    "ecs-container-logs": Cases(
        good={
            "logs": [task({"name": "web", "logConfiguration": {"logDriver": "awslogs"}})],
            "insights": [insights_cluster("enhanced")],
            "not known": [res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"containerDefinitions": UNKNOWN})],
        },
        bad={
            "container without": [
                task({"name": "web", "logConfiguration": {"logDriver": "awslogs"}}, {"name": "side"})
            ],
            "insights off": [insights_cluster("disabled")],
            "insights not set": [insights_cluster(None)],
        },
    ),
    "ecs-service-current-platform": Cases(
        good={"not set": [fargate_service()], "latest": [fargate_service(platformVersion="LATEST")]},
        bad={"old": [fargate_service(platformVersion="1.3.0")]},
        config=[({"accepted": ["LATEST"]}, [fargate_service(platformVersion="1.4.0")], True)],
    ),
    "ecs-service-exec-guarded": Cases(
        good={
            "off": service_on(store_cluster()),
            "guarded": service_on(store_cluster(kmsKeyId=KEY, logging="OVERRIDE"), enableExecuteCommand=True),
            "cluster elsewhere": [
                res("ecs/service:Service", CULPRIT, {"cluster": "store", "enableExecuteCommand": True})
            ],
        },
        bad={
            "open": service_on(store_cluster(), enableExecuteCommand=True),
            "no log": service_on(store_cluster(kmsKeyId=KEY, logging="NONE"), enableExecuteCommand=True),
            "no key": service_on(store_cluster(logging="OVERRIDE"), enableExecuteCommand=True),
        },
    ),
    "ecs-service-multi-az": Cases(
        good={
            **_ECS[0],
            "scaled": [service(), scaling(service(), 2)],
            "daemon": [service(schedulingStrategy="DAEMON")],
            "scaled by name": [
                res("ecs/service:Service", CULPRIT, {"name": "web", "desiredCount": 1}),
                res("appautoscaling/target:Target", "web", {"resourceId": "service/store/web", "minCapacity": 2}),
            ],
        },
        bad={
            **_ECS[1],
            "one task": [service(desiredCount=1)],
            "not set": [service()],
            "minimum of one": [service(desiredCount=1), scaling(service(), 1)],
            "no rebalancing": [service(desiredCount=2, availabilityZoneRebalancing="DISABLED")],
        },
        config=[
            ({"tasks": 3}, [service(desiredCount=2)], True),
        ],
    ),
    "ecs-service-no-public-address": Cases(
        good={"off": [service_with_address(False)], "not set": [service_with_address(None)]},
        bad={"on": [service_with_address(True)]},
    ),
    "ecs-service-rollback": Cases(
        good={
            "breaker": [web_service(**_BREAKER)],
            "by alarms": [web_service(alarms={"enable": True, "rollback": True, "alarmNames": ["errors"]})],
            "CodeDeploy": [web_service(deploymentController={"type": "CODE_DEPLOY"})],
        },
        bad={
            "not set": [web_service()],
            "without rollback": [web_service(**edit(_BREAKER, {"deploymentCircuitBreaker.rollback": False}))],
        },
    ),
    "ecs-service-scales": Cases(
        good={
            "by name": [web_service(), scaled()],
            "by reference": [web_service(name=UNKNOWN), scaled(UNKNOWN, refers={"resourceId": [web_service()]})],
            "daemon": [web_service(schedulingStrategy="DAEMON")],
        },
        bad={
            "no target": [web_service()],
            "of another": [web_service(), scaled("service/store/cart")],
            "down to one": [web_service(), scaled(fewest=1)],
        },
        config=[({"tasks": 1}, [web_service(), scaled(fewest=1)], False)],
    ),
    "ecs-task-definition-efs-tls": Cases(
        good={
            "on": [task_with_volume()],
            "no EFS": [res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"volumes": [{"name": "x"}]})],
        },
        bad={
            "TLS off": [task_with_volume(**{"efsVolumeConfiguration.transitEncryption": "DISABLED"})],
            "TLS not set": [task_with_volume(**{"efsVolumeConfiguration.transitEncryption": DROP})],
            "no IAM": [task_with_volume(**{"efsVolumeConfiguration.authorizationConfig": DROP})],
        },
    ),
    "ecs-task-definition-hardened-containers": Cases(
        good={
            "hardened": [task(_HARDENED, networkMode="awsvpc")],
            "user of the image": [task({"name": "web", "readonlyRootFilesystem": True})],
            "Windows": [task({"name": "web"}, runtimePlatform={"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"})],
            "not known": [res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"containerDefinitions": UNKNOWN})],
        },
        bad={
            "privileged": [task(_HARDENED, {**_HARDENED, "privileged": True})],
            "root": [task({**_HARDENED, "user": "root"})],
            "host capabilities": [task({**_HARDENED, "linuxParameters": {"capabilities": {"add": ["SYS_ADMIN"]}}})],
            "root by number": [task({**_HARDENED, "user": "0:0"})],
            "writable": [task({**_HARDENED, "readonlyRootFilesystem": False})],
            "writable, not set": [task({"name": "web"})],
            "processes of the host": [task(_HARDENED, pidMode="host")],
            "network of the host": [task(_HARDENED, networkMode="host")],
        },
    ),
    "ecs-task-definition-no-secret-environment": Cases(
        good={
            "plain settings": [task_with_variable("LOG_LEVEL", "information")],
            "an ARN": [task_with_variable("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:111111111111:secret:db")],
            "a switch": [task_with_variable("USE_TOKEN", "true")],
            "not known": [res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"containerDefinitions": UNKNOWN})],
            "flag": [task_with_variable("USE_TOKEN", "true")],
            "number": [task_with_variable("MAX_TOKEN", "4096")],
            "name of a secret": [task_with_variable("DB_SECRET", "store/prod/db")],
            "address": [task_with_variable("AUTH_TOKEN", "https://sign-in.example.com/token")],
        },
        bad={
            "a password": [task_with_variable("DB_PASSWORD", "correct-horse")],
            "a URL with a password": [
                task_with_variable("DATABASE_URL", "postgres://store:correct-horse@db:5432/store")
            ],
            "an access key": [task_with_variable("SETTINGS", "AKIAIOSFODNN7EXAMPLE")],
            "short": [task_with_variable("DB_PASSWORD", "hunter2")],
            "Java property style": [task_with_variable("dbPassword", "hunter2")],
            "key with slashes": [
                task_with_variable("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
            ],
            "in an address": [task_with_variable("CACHE_URL", "rediss://:hunter2@cache:6379")],
            "capital members": [
                res(
                    "ecs/taskDefinition:TaskDefinition",
                    CULPRIT,
                    {
                        "containerDefinitions": json.dumps(
                            [{"Name": "web", "Environment": [{"Name": "API_KEY", "Value": "hunter2"}]}]
                        )
                    },
                )
            ],
        },
    ),
    "ecs-task-definition-separate-roles": Cases(
        good={
            "two roles": [task_with_roles(_ROLE, "arn:aws:iam::111111111111:role/agent")],
            "no task role": [res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"executionRoleArn": _ROLE})],
            "two roles of the stack": [
                _WEB,
                _AGENT,
                task_with_roles(UNKNOWN, UNKNOWN, refers={"taskRoleArn": [_WEB], "executionRoleArn": [_AGENT]}),
            ],
            "not known": [task_with_roles(UNKNOWN, UNKNOWN)],
        },
        bad={
            "one ARN": [task_with_roles(_ROLE, _ROLE)],
            "one role of the stack": [
                _WEB,
                task_with_roles(UNKNOWN, UNKNOWN, refers={"taskRoleArn": [_WEB], "executionRoleArn": [_WEB]}),
            ],
        },
    ),
}
