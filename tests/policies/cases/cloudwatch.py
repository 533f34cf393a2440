"""CloudWatch and EventBridge: logs, alarms, event buses."""

from tests.policies.cases.helpers.customer_keys import key_cases
from tests.policies.support import CULPRIT, UNKNOWN, Cases, in_kinds, res


def logs(**props):
    return res("cloudwatch/logGroup:LogGroup", CULPRIT, props)


_BUS = res("cloudwatch/eventBus:EventBus", CULPRIT, {"name": "orders"})


def archive(of):
    token = "cloudwatch/eventArchive:EventArchive"
    return res(token, "archive", {"eventSourceArn": UNKNOWN}, refers={"eventSourceArn": [of]})


def plain_balancer(**props):
    return res("lb/loadBalancer:LoadBalancer", CULPRIT, props)


def logging_cache(*kinds):
    configurations = [{"logType": kind, "destination": UNKNOWN} for kind in kinds]
    return res("elasticache/replicationGroup:ReplicationGroup", CULPRIT, {"logDeliveryConfigurations": configurations})


def alarm(name=CULPRIT, **props):
    return res("cloudwatch/metricAlarm:MetricAlarm", name, {"name": "unhealthy", **props})


_ACTS = {"alarmActions": [UNKNOWN]}


def failures():
    """A queue and its dead-letter queue."""
    dead = res("sqs/queue:Queue", CULPRIT, {"name": "dead"})
    return [dead, res("sqs/queue:Queue", "orders", {"redrivePolicy": UNKNOWN}, refers={"redrivePolicy": [dead]})]


def target(**props):
    return res("cloudwatch/eventTarget:EventTarget", CULPRIT, {"rule": "orders", "arn": UNKNOWN, **props})


CASES = {
    "cloudwatch-alarms-act": Cases(
        good={
            "action": [alarm(**_ACTS)],
            "used by a composite alarm": [
                alarm(),
                res("cloudwatch/compositeAlarm:CompositeAlarm", "both", {"alarmRule": 'ALARM("unhealthy")'}),
            ],
            "watched": [plain_balancer(), alarm("errors", namespace="AWS/ApplicationELB", **_ACTS)],
            "watched by a query": [
                logging_cache(),
                alarm("load", metricQueries=[{"metric": {"namespace": "AWS/ElastiCache"}}], **_ACTS),
            ],
            "network": [plain_balancer(loadBalancerType="network")],
        },
        bad={
            "no action": [alarm()],
            "empty": [alarm(alarmActions=[])],
            "switched off": [alarm(actionsEnabled=False, **_ACTS)],
            "not watched": [plain_balancer(), alarm("load", namespace="AWS/ElastiCache", **_ACTS)],
            **in_kinds({}, "elasticache/replicationGroup", "msk/cluster", "opensearch/domain"),
        },
        config=[
            ({"watched": ["sqs/queue"]}, failures(), True),
            ({"watched": ["sqs/queue"]}, [*failures(), alarm("depth", namespace="AWS/SQS", **_ACTS)], False),
            ({"watched": ["sqs/queue"]}, failures()[:1], False),
            ({"watched": ["msk/cluster"]}, failures(), False),
            ({"watched": ["dynamodb/table"]}, [res("dynamodb/table:Table", CULPRIT, {"hashKey": "id"})], True),
        ],
    ),
    "cloudwatch-event-bus-archived": Cases(
        good={
            "archived": [_BUS, archive(_BUS)],
            "of a partner": [res("cloudwatch/eventBus:EventBus", "partner", {"eventSourceName": "aws.partner/x"})],
        },
        bad={"none": [_BUS]},
    ),
    "cloudwatch-event-target-dead-letters": Cases(
        good={
            "a queue": [target(deadLetterConfig={"arn": UNKNOWN})],
        },
        bad={"none": [target()], "empty": [target(deadLetterConfig={})]},
    ),
    "cloudwatch-events-customer-key": key_cases(
        "kmsKeyIdentifier",
        "cloudwatch/eventBus:EventBus",
        "cloudwatch/eventArchive:EventArchive",
        "cloudwatch/eventConnection:EventConnection",
        "scheduler/schedule:Schedule",
    ),
    "cloudwatch-log-group-customer-key": key_cases("kmsKeyId", "cloudwatch/logGroup:LogGroup"),
    "cloudwatch-log-group-retention": Cases(
        good={"long enough": [logs(retentionInDays=365)], "delivery class": [logs(logGroupClass="DELIVERY")]},
        bad={"not set": [logs()], "for ever": [logs(retentionInDays=0)], "too short": [logs(retentionInDays=30)]},
        config=[({"days": 7}, [logs(retentionInDays=7)], False)],
    ),
}
