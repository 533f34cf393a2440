"""Access logs, logs of what runs, alarms."""

import json

from tests.policies.support import CULPRIT, UNKNOWN, Cases, policy, res

_VPC = res("ec2/vpc:Vpc", CULPRIT, {"cidrBlock": "10.0.0.0/16"})
_CDN = res("cloudfront/distribution:Distribution", CULPRIT, {"enabled": True})
_REST = res("apigateway/restApi:RestApi", "api", {"id": "api1"})
_ZONE = res("route53/zone:Zone", CULPRIT, {"name": "store.example.com"})
_MEDIA = res("s3/bucket:Bucket", CULPRIT, {"bucket": "media"})
_ALL_LOGS = ("AUDIT_LOGS", "ES_APPLICATION_LOGS", "INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS")


def flow(kind):
    return res("ec2/flowLog:FlowLog", "flow", {"vpcId": UNKNOWN, "trafficType": kind}, refers={"vpcId": [_VPC]})


def balancer(**props):
    return res("lb/loadBalancer:LoadBalancer", CULPRIT, props)


def delivery(of):
    token = "cloudwatch/logDeliverySource:LogDeliverySource"
    return res(token, "source", {"resourceArn": UNKNOWN}, refers={"resourceArn": [of]})


def stage(token="apigateway/stage:Stage", **props):
    return res(token, CULPRIT, {"restApi": UNKNOWN, "stageName": "live", **props}, refers={"restApi": [_REST]})


def access(layout='{"id": "$context.requestId"}'):
    return {"accessLogSettings": {"destinationArn": UNKNOWN, "format": layout}}


def settings(name="all", **values):
    props = {"restApi": UNKNOWN, "stageName": "live", "methodPath": "*/*", "settings": values}
    return res("apigateway/methodSettings:MethodSettings", name, props, refers={"restApi": [_REST]})


def logging(target="logs", name="logging", of=_MEDIA):
    props = {"bucket": UNKNOWN, "targetBucket": target}
    return res("s3/bucketLogging:BucketLogging", name, props, refers={"bucket": [of]})


def task(*containers):
    return res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"containerDefinitions": json.dumps(containers)})


def cluster(value):
    settings = [{"name": "containerInsights", "value": value}] if value else []
    return res("ecs/cluster:Cluster", CULPRIT, {"settings": settings})


def search(*kinds, **more):
    options = [{"logType": kind, "cloudwatchLogGroupArn": UNKNOWN, **more} for kind in kinds]
    return res("opensearch/domain:Domain", CULPRIT, {"logPublishingOptions": options})


def kafka(monitoring="PER_BROKER", **logs):
    return res("msk/cluster:Cluster", CULPRIT, {"enhancedMonitoring": monitoring, "loggingInfo": {"brokerLogs": logs}})


def cache(*kinds):
    configurations = [{"logType": kind, "destination": UNKNOWN} for kind in kinds]
    return res("elasticache/replicationGroup:ReplicationGroup", CULPRIT, {"logDeliveryConfigurations": configurations})


def function(**props):
    return res("lambda/function:Function", CULPRIT, {"name": "orders", **props})


def group(name, **options):
    return res("cloudwatch/logGroup:LogGroup", "group", {"name": name}, **options)


def alarm(name=CULPRIT, **props):
    return res("cloudwatch/metricAlarm:MetricAlarm", name, {"name": "unhealthy", **props})


_ACTS = {"alarmActions": [UNKNOWN]}


def failures():
    """A queue and the one that takes its dead letters."""
    dead = res("sqs/queue:Queue", CULPRIT, {"name": "dead"})
    return [dead, res("sqs/queue:Queue", "orders", {"redrivePolicy": UNKNOWN}, refers={"redrivePolicy": [dead]})]


CASES = {
    "ec2-vpc-flow-logs": Cases(
        good={"all traffic": [_VPC, flow("ALL")], "not known": [_VPC, flow(UNKNOWN)]},
        bad={"none": [_VPC], "rejected traffic only": [_VPC, flow("REJECT")]},
    ),
    "lb-load-balancer-access-logs": Cases(
        good={
            "on": [balancer(accessLogs={"bucket": UNKNOWN, "enabled": True})],
            "network": [balancer(loadBalancerType="network")],
        },
        bad={
            "not set": [balancer()],
            "bucket alone": [balancer(accessLogs={"bucket": "logs"})],
            "off": [balancer(accessLogs={"bucket": "logs", "enabled": False})],
            "older token": [res("alb/loadBalancer:LoadBalancer", CULPRIT)],
        },
    ),
    "cloudfront-distribution-logs": Cases(
        good={
            "standard": [res("cloudfront/distribution:Distribution", "cdn", {"loggingConfig": {"bucket": UNKNOWN}})],
            "delivery": [_CDN, delivery(_CDN)],
        },
        bad={
            "none": [_CDN],
            "delivery of another": [_CDN, delivery(res("cloudfront/distribution:Distribution", "other"))],
        },
    ),
    "apigateway-stage-access-logs": Cases(
        good={"JSON": [stage(**access())], "second version": [stage("apigatewayv2/stage:Stage", **access(UNKNOWN))]},
        bad={
            "not set": [stage()],
            "second version, not set": [stage("apigatewayv2/stage:Stage")],
            "plain": [stage(**access("$context.requestId"))],
        },
    ),
    "apigateway-stage-execution-logs": Cases(
        good={
            "errors": [_REST, stage(), settings(loggingLevel="ERROR")],
            "by reference": [
                stage(),
                res(
                    "apigateway/methodSettings:MethodSettings",
                    "all",
                    {"stageName": UNKNOWN, "settings": {"loggingLevel": "INFO"}},
                    refers={"stageName": [stage()]},
                ),
            ],
        },
        bad={
            "no settings": [_REST, stage()],
            "off": [_REST, stage(), settings(loggingLevel="OFF")],
            "bodies": [settings(CULPRIT, loggingLevel="INFO", dataTraceEnabled=True)],
        },
    ),
    "s3-bucket-access-logs": Cases(
        good={
            "logged": [_MEDIA, logging()],
            "inline": [res("s3/bucket:Bucket", "media", {"loggings": [{"targetBucket": "logs"}]})],
            "keeps logs itself": [
                _MEDIA,
                res("cloudtrail/trail:Trail", "trail", {"s3BucketName": UNKNOWN}, refers={"s3BucketName": [_MEDIA]}),
            ],
            "keeps logs by its policy": [
                _MEDIA,
                res(
                    "s3/bucketPolicy:BucketPolicy",
                    "policy",
                    {
                        "bucket": UNKNOWN,
                        "policy": policy(
                            {
                                "Effect": "Allow",
                                "Principal": {"Service": "delivery.logs.amazonaws.com"},
                                "Action": "s3:PutObject",
                                "Resource": "arn:aws:s3:::media/*",
                            }
                        ),
                    },
                    refers={"bucket": [_MEDIA]},
                ),
            ],
        },
        bad={
            "none": [_MEDIA],
            "V2 token": [res("s3/bucketV2:BucketV2", CULPRIT)],
            "into itself": [
                res("s3/bucketLogging:BucketLogging", CULPRIT, {"bucket": "media", "targetBucket": "media"})
            ],
        },
    ),
    "route53-zone-query-logs": Cases(
        good={
            "logged": [
                _ZONE,
                res("route53/queryLog:QueryLog", "queries", {"zoneId": UNKNOWN}, refers={"zoneId": [_ZONE]}),
            ],
            "private": [res("route53/zone:Zone", "inside", {"vpcs": [{"vpcId": UNKNOWN}]})],
        },
        bad={"none": [_ZONE]},
    ),
    "ecs-container-logs": Cases(
        good={
            "logs": [task({"name": "web", "logConfiguration": {"logDriver": "awslogs"}})],
            "insights": [cluster("enhanced")],
            "not known": [res("ecs/taskDefinition:TaskDefinition", CULPRIT, {"containerDefinitions": UNKNOWN})],
        },
        bad={
            "container without": [
                task({"name": "web", "logConfiguration": {"logDriver": "awslogs"}}, {"name": "side"})
            ],
            "insights off": [cluster("disabled")],
            "insights not set": [cluster(None)],
        },
    ),
    "opensearch-domain-logs": Cases(
        good={"all": [search(*_ALL_LOGS)]},
        bad={"none": [search()], "no audit": [search(*_ALL_LOGS[1:])], "off": [search(*_ALL_LOGS, enabled=False)]},
        config=[({"logs": ["AUDIT_LOGS"]}, [search("AUDIT_LOGS")], False)],
    ),
    "msk-cluster-logs": Cases(
        good={"to a group": [kafka(cloudwatchLogs={"enabled": True, "logGroup": UNKNOWN})]},
        bad={
            "none": [kafka()],
            "off": [kafka(s3={"enabled": False})],
            "few metrics": [kafka("DEFAULT", firehose={"enabled": True})],
            "metrics not set": [kafka(None, firehose={"enabled": True})],
        },
    ),
    "elasticache-cache-logs": Cases(
        good={"both": [cache("slow-log", "engine-log")]},
        bad={"none": [cache()], "one": [cache("slow-log")]},
        config=[({"logs": ["slow-log"]}, [cache("slow-log")], False)],
    ),
    "lambda-function-log-group": Cases(
        good={
            "named": [function(loggingConfig={"logGroup": UNKNOWN, "logFormat": "JSON"})],
            "by its name": [function(), group("/aws/lambda/orders")],
            "named after the function": [function(name=UNKNOWN), group(UNKNOWN, refers={"name": [function()]})],
        },
        bad={"none": [function()], "of another": [function(), group("/aws/lambda/cart")]},
    ),
    "cloudwatch-alarms-act": Cases(
        good={
            "calls": [alarm(**_ACTS)],
            "heard by another": [
                alarm(),
                res("cloudwatch/compositeAlarm:CompositeAlarm", "both", {"alarmRule": 'ALARM("unhealthy")'}),
            ],
            "watched": [balancer(), alarm("errors", namespace="AWS/ApplicationELB", **_ACTS)],
            "watched by a query": [
                cache(),
                alarm("load", metricQueries=[{"metric": {"namespace": "AWS/ElastiCache"}}], **_ACTS),
            ],
            "network": [balancer(loadBalancerType="network")],
        },
        config=[
            ({"watched": ["sqs/queue"]}, failures(), True),
            ({"watched": ["sqs/queue"]}, [*failures(), alarm("depth", namespace="AWS/SQS", **_ACTS)], False),
            ({"watched": ["sqs/queue"]}, failures()[:1], False),
            ({"watched": ["msk/cluster"]}, failures(), False),
            ({"watched": ["dynamodb/table"]}, [res("dynamodb/table:Table", CULPRIT, {"hashKey": "id"})], True),
        ],
        bad={
            "nobody": [alarm()],
            "empty": [alarm(alarmActions=[])],
            "switched off": [alarm(actionsEnabled=False, **_ACTS)],
            "not watched": [balancer(), alarm("load", namespace="AWS/ElastiCache", **_ACTS)],
        },
    ),
}
