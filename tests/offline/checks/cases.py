"""One good resource a type, and the changes that AWS would refuse: (change, path that the message names).

A change replaces top-level inputs; `None` leaves an input out.
"""

import json
from typing import Any

from offline.wire import File

Case = tuple[dict[str, Any], str]
ARN = "arn:aws:{}:eu-west-1:111111111111:{}"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}],
}
IDENTITY = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
}
RESOURCE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": ["s3:*"], "Resource": "*", "Principal": "*"}],
}


def document(base: dict[str, Any], **changes: Any) -> str:
    """A policy document with its only statement changed; None takes an element away."""
    statement = base["Statement"][0] if isinstance(base["Statement"], list) else base["Statement"]
    merged = {key: value for key, value in {**statement, **changes}.items() if value is not None}
    return json.dumps({**base, "Statement": [merged]})


def container(**changes: Any) -> str:
    merged = {"name": "web", "image": "nginx:1", **changes}
    return json.dumps([{key: value for key, value in merged.items() if value is not None}])


TABLE = {"hashKey": "id", "billingMode": "PAY_PER_REQUEST", "attributes": [{"name": "id", "type": "S"}]}
CACHE = {
    "description": "c",
    "engine": "valkey",
    "nodeType": "cache.t4g.small",
    "numCacheClusters": 2,
    "automaticFailoverEnabled": True,
    "multiAzEnabled": True,
}
TASK = {
    "family": "web",
    "requiresCompatibilities": ["FARGATE"],
    "networkMode": "awsvpc",
    "cpu": "1024",
    "memory": "3072",
    "containerDefinitions": container(),
}
FUNCTION = {
    "runtime": "python3.14",
    "handler": "i.h",
    "role": ARN.format("iam", "role/r"),
    "code": File({}),
    "timeout": 900,
    "memorySize": 10240,
}
BEHAVIOR = {
    "targetOriginId": "web",
    "viewerProtocolPolicy": "redirect-to-https",
    "allowedMethods": ["GET", "HEAD", "OPTIONS"],
    "cachedMethods": ["GET", "HEAD"],
    "cachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
}
DISTRIBUTION = {
    "enabled": True,
    "origins": [{"originId": "web", "domainName": "web.example.com"}],
    "defaultCacheBehavior": BEHAVIOR,
    "restrictions": {"geoRestriction": {"restrictionType": "none"}},
    "viewerCertificate": {
        "acmCertificateArn": "arn:aws:acm:us-east-1:111111111111:certificate/c",
        "sslSupportMethod": "sni-only",
        "minimumProtocolVersion": "TLSv1.2_2021",
    },
    "aliases": ["shop.example.com"],
}
VISIBLE = {"metricName": "m", "cloudwatchMetricsEnabled": True, "sampledRequestsEnabled": True}
MANAGED = {
    "name": "common",
    "priority": 1,
    "overrideAction": {"none": {}},
    "statement": {"managedRuleGroupStatement": {"name": "AWSManagedRulesCommonRuleSet", "vendorName": "AWS"}},
    "visibilityConfig": VISIBLE,
}
RATE = {
    "name": "rate",
    "priority": 2,
    "action": {"block": {}},
    "statement": {"rateBasedStatement": {"limit": 100, "aggregateKeyType": "IP"}},
    "visibilityConfig": VISIBLE,
}
ACL = {"scope": "CLOUDFRONT", "region": "us-east-1", "defaultAction": {"allow": {}}, "visibilityConfig": VISIBLE}
ALARM = {
    "comparisonOperator": "GreaterThanThreshold",
    "evaluationPeriods": 3,
    "metricName": "Errors",
    "namespace": "AWS/Lambda",
    "period": 60,
    "statistic": "Sum",
    "threshold": 1,
}
BACKUP = {"ruleName": "daily", "targetVaultName": "vault", "schedule": "cron(0 5 ? * * *)"}
DOMAIN = {
    "domainName": "search",
    "engineVersion": "OpenSearch_2.19",
    "clusterConfig": {"instanceType": "t3.small.search", "instanceCount": 2, "zoneAwarenessEnabled": True},
    "vpcOptions": {"subnetIds": ["subnet-1", "subnet-2"]},
}
BROKERS = {"instanceType": "kafka.m7g.large", "clientSubnets": ["a", "b"], "securityGroups": ["sg-1"]}

CASES: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "ec2/vpc:Vpc": (
        {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True},
        [
            ({"cidrBlock": "10.0.0.0/29"}, "cidrBlock"),
            ({"cidrBlock": "10.0.0.1/16"}, "cidrBlock"),
            ({"cidrBlock": None}, "cidrBlock"),
            ({"enableDnsSupport": False}, "enableDnsHostnames"),
            ({"tags": {f"k{i}": "v" for i in range(51)}}, "tags"),
            ({"tags": {"aws:x": "v"}}, "tags.aws:x"),
            ({"tags": {"k": "v" * 257}}, "tags.k"),
        ],
    ),
    "ec2/subnet:Subnet": (
        {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24"},
        [({"cidrBlock": "10.0.0.0/15"}, "cidrBlock"), ({"cidrBlock": None}, "cidrBlock")],
    ),
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        {"securityGroupId": "sg-1", "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "10.0.0.0/8"},
        [
            ({"cidrIpv4": None}, "cidrIpv4"),
            ({"prefixListId": "pl-1"}, "cidrIpv4"),
            ({"fromPort": 444}, "fromPort"),
            ({"toPort": None}, "toPort"),
            ({"toPort": 70000}, "toPort"),
            ({"description": "caf\u00e9"}, "description"),
        ],
    ),
    "ec2/securityGroup:SecurityGroup": (
        {"name": "web", "ingress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}]},
        [({"name": "sg-web"}, "name"), ({"ingress": [{"protocol": "-1", "fromPort": 80}]}, "ingress[0].fromPort")],
    ),
    "ec2/securityGroupRule:SecurityGroupRule": (
        {"type": "ingress", "protocol": "tcp", "fromPort": 1, "toPort": 2, "self": True, "securityGroupId": "sg-1"},
        [({"self": None}, "cidrBlocks"), ({"fromPort": 3}, "fromPort")],
    ),
    "ec2/route:Route": (
        {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "nat-1"},
        [({"gatewayId": "igw-1"}, "gatewayId"), ({"destinationCidrBlock": None}, "destinationCidrBlock")],
    ),
    "ec2/routeTableAssociation:RouteTableAssociation": (
        {"routeTableId": "rtb-1", "subnetId": "subnet-1"},
        [({"gatewayId": "igw-1"}, "subnetId"), ({"subnetId": None}, "subnetId")],
    ),
    "ec2/natGateway:NatGateway": (
        {"subnetId": "subnet-1", "allocationId": "eipalloc-1"},
        [
            ({"connectivityType": "private"}, "allocationId"),
            ({"allocationId": None}, "allocationId"),
            ({"subnetId": None}, "subnetId"),
        ],
    ),
    "ec2/vpcEndpoint:VpcEndpoint": (
        {"vpcId": "vpc-1", "serviceName": "com.amazonaws.eu-west-1.s3", "routeTableIds": ["rtb-1"]},
        [
            ({"serviceName": "com.amazonaws.eu-west-1.ecr.api"}, "serviceName"),
            ({"subnetIds": ["subnet-1"]}, "subnetIds"),
            ({"vpcEndpointType": "Interface"}, "routeTableIds"),
        ],
    ),
    "ec2/flowLog:FlowLog": (
        {
            "vpcId": "vpc-1",
            "trafficType": "ALL",
            "iamRoleArn": FUNCTION["role"],
            "logDestination": ARN.format("logs", "log-group:f"),
        },
        [
            ({"subnetId": "s"}, "vpcId"),
            ({"iamRoleArn": None}, "iamRoleArn"),
            ({"logDestination": None}, "logDestination"),
        ],
    ),
    "ec2/networkAcl:NetworkAcl": (
        {
            "vpcId": "vpc-1",
            "ingress": [{"ruleNo": 100, "action": "allow", "protocol": "-1", "fromPort": 0, "toPort": 0}],
        },
        [
            ({"ingress": [{"ruleNo": 1}, {"ruleNo": 1}]}, "ingress[1].ruleNo"),
            ({"egress": [{"ruleNo": 40000}]}, "egress[0].ruleNo"),
        ],
    ),
    "lb/loadBalancer:LoadBalancer": (
        {"name": "web", "subnets": ["subnet-1", "subnet-2"]},
        [
            ({"name": "web-"}, "name"),
            ({"name": "internal-web"}, "name"),
            ({"subnets": ["subnet-1"]}, "subnets"),
            ({"subnetMappings": [{"subnetId": "a"}, {"subnetId": "b"}]}, "subnets"),
        ],
    ),
    "lb/targetGroup:TargetGroup": (
        {
            "port": 80,
            "protocol": "HTTP",
            "vpcId": "vpc-1",
            "targetType": "ip",
            "healthCheck": {"path": "/", "interval": 10, "timeout": 5},
            "stickiness": {"type": "lb_cookie", "enabled": True},
        },
        [
            ({"port": None}, "port"),
            ({"vpcId": None}, "vpcId"),
            ({"healthCheck": {"interval": 5, "timeout": 5}}, "healthCheck.timeout"),
            ({"healthCheck": {"protocol": "TCP", "path": "/x"}}, "healthCheck.path"),
            ({"protocol": "TCP"}, "stickiness.type"),
            ({"stickiness": {"type": "app_cookie"}}, "stickiness.cookieName"),
        ],
    ),
    "lb/listener:Listener": (
        {
            "loadBalancerArn": ARN.format("elasticloadbalancing", "loadbalancer/app/web/1"),
            "port": 80,
            "protocol": "HTTP",
            "defaultActions": [
                {"type": "redirect", "redirect": {"statusCode": "HTTP_301", "protocol": "HTTPS", "port": "443"}}
            ],
        },
        [
            ({"protocol": "HTTPS"}, "certificateArn"),
            ({"certificateArn": ARN.format("acm", "certificate/c")}, "certificateArn"),
            ({"sslPolicy": "TLS13"}, "sslPolicy"),
            ({"defaultActions": [{"type": "forward"}]}, "defaultActions[0].targetGroupArn"),
            ({"defaultActions": [{"type": "fixed-response"}]}, "defaultActions[0].fixedResponse"),
            (
                {"defaultActions": [{"type": "redirect", "redirect": {"statusCode": "HTTP_301", "port": "0"}}]},
                "defaultActions[0].redirect.port",
            ),
        ],
    ),
    "lb/listenerRule:ListenerRule": (
        {
            "listenerArn": ARN.format("elasticloadbalancing", "listener/app/web/1/2"),
            "priority": 50000,
            "actions": [{"type": "forward", "targetGroupArn": ARN.format("elasticloadbalancing", "targetgroup/t/1")}],
            "conditions": [{"pathPattern": {"values": ["/a", "/b"]}}, {"hostHeader": {"values": ["x.example.com"]}}],
        },
        [
            ({"priority": 0}, "priority"),
            ({"conditions": [{}]}, "conditions[0]"),
            ({"conditions": [{"pathPattern": {"values": list("abcdef")}}]}, "conditions"),
        ],
    ),
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
