"""Cases of the rules in `offline/checks/rules/compute.py`."""

from typing import Any

from tests.offline.checks.good_inputs import ARN, FUNCTION, TASK, Case, container

CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "ecs/taskDefinition:TaskDefinition": (
        TASK,
        [
            ({"memory": "1024"}, "memory"),
            ({"memory": None}, "memory"),
            ({"cpu": "300"}, "cpu"),
            ({"networkMode": "bridge"}, "networkMode"),
            ({"containerDefinitions": "{}"}, "containerDefinitions"),
            ({"containerDefinitions": "[]"}, "containerDefinitions"),
            ({"containerDefinitions": container(name="a b")}, "containerDefinitions"),
            ({"containerDefinitions": container(image=None)}, "containerDefinitions"),
            ({"containerDefinitions": container(essential=False)}, "containerDefinitions"),
            ({"containerDefinitions": container(essential="yes")}, "containerDefinitions"),
            ({"containerDefinitions": container(environment=[{"name": "A", "value": 1}])}, "containerDefinitions"),
            ({"containerDefinitions": container(secrets=[{"name": "A"}])}, "containerDefinitions"),
            (
                {"containerDefinitions": container(portMappings=[{"containerPort": 80, "hostPort": 81}])},
                "containerDefinitions",
            ),
            ({"containerDefinitions": container(mountPoints=[{"sourceVolume": "v"}])}, "containerDefinitions"),
            ({"containerDefinitions": container(dependsOn=[{"containerName": "db"}])}, "containerDefinitions"),
        ],
    ),
    "ecs/service:Service": (
        {"launchType": "FARGATE", "networkConfiguration": {"subnets": ["s"]}, "deploymentMaximumPercent": 200},
        [
            ({"capacityProviderStrategies": [{"capacityProvider": "FARGATE"}]}, "launchType"),
            ({"networkConfiguration": None}, "networkConfiguration"),
            ({"deploymentMaximumPercent": 100, "deploymentMinimumHealthyPercent": 100}, "deploymentMaximumPercent"),
            ({"loadBalancers": [{"containerName": "c", "containerPort": 1}]}, "loadBalancers[0].targetGroupArn"),
        ],
    ),
    "lambda/function:Function": (
        FUNCTION,
        [
            ({"timeout": 901}, "timeout"),
            ({"memorySize": 10241}, "memorySize"),
            ({"code": None}, "code"),
            ({"imageUri": "x"}, "code"),
            ({"code": None, "s3Bucket": "bucket"}, "s3Key"),
            ({"handler": None}, "handler"),
            ({"packageType": "Image"}, "runtime"),
            ({"environment": {"variables": {"AWS_REGION": "x"}}}, "environment.variables.AWS_REGION"),
            ({"environment": {"variables": {"1A": "x"}}}, "environment.variables.1A"),
            ({"vpcConfig": {"subnetIds": ["s"]}}, "vpcConfig.securityGroupIds"),
            ({"layers": [ARN.format("lambda", f"layer:l:{i}") for i in range(6)]}, "layers"),
        ],
    ),
    "lambda/eventSourceMapping:EventSourceMapping": (
        {"eventSourceArn": ARN.format("sqs", "q"), "functionName": "f", "batchSize": 10},
        [
            ({"batchSize": 11}, "batchSize"),
            ({"eventSourceArn": ARN.format("sqs", "q.fifo"), "batchSize": 11}, "batchSize"),
            ({"eventSourceArn": ARN.format("kinesis", "stream/s")}, "startingPosition"),
        ],
    ),
    "appautoscaling/target:Target": (
        {
            "minCapacity": 1,
            "maxCapacity": 1,
            "serviceNamespace": "ecs",
            "scalableDimension": "ecs:service:DesiredCount",
            "resourceId": "service/a/b",
        },
        [({"minCapacity": 2}, "minCapacity"), ({"serviceNamespace": "dynamodb"}, "scalableDimension")],
    ),
    "autoscaling/group:Group": ({"minSize": 1, "maxSize": 2}, [({"minSize": 3}, "minSize")]),
    "appautoscaling/policy:Policy": (
        {
            "policyType": "TargetTrackingScaling",
            "targetTrackingScalingPolicyConfiguration": {
                "targetValue": 60,
                "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"},
            },
        },
        [
            ({"policyType": "StepScaling"}, "stepScalingPolicyConfiguration"),
            (
                {"targetTrackingScalingPolicyConfiguration": {"targetValue": 60}},
                "targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification",
            ),
        ],
    ),
}
