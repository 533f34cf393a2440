"""Location, Lex, Personalize, messages, budgets, and the resources of Cloud Control among them."""

import json

from policies.library.resources import Resource
from tests.policies.support import CULPRIT, KEY, UNKNOWN, Cases, policy, res

_BUCKET = "arn:aws:s3:::logs"


def controlled(type_name, **state):
    """A resource of Cloud Control with its desired state."""
    return res("cloudcontrol/resource:Resource", CULPRIT, {"typeName": type_name, "desiredState": json.dumps(state)})


def native(token, **props):
    return Resource.of(f"aws-native:{token}", CULPRIT, props)


def api_key(**changes):
    restrictions = {"AllowActions": ["geo-maps:GetTile"], "AllowReferers": ["https://shop.example.com/*"]}
    state = {"KeyName": "maps", "Restrictions": restrictions, "ExpireTime": "2027-01-01T00:00:00Z", **changes}
    return controlled("AWS::Location::APIKey", **state)


def admitting(service, kind="sqs/queuePolicy:QueuePolicy", **condition):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sqs:SendMessage", "Resource": "*"}
    return res(kind, CULPRIT, {"policy": policy({**statement, **({"Condition": condition} if condition else {})})})


def bot(**props):
    return res("lex/v2modelsBot:V2modelsBot", CULPRIT, props)


def recorded(**bucket):
    audio = [{"enabled": True, "destination": {"s3Bucket": {"s3BucketArn": _BUCKET, **bucket}}}]
    return native("lex:BotAlias", conversationLogSettings={"audioLogSettings": audio})


def tracker(**props):
    return res("location/tracker:Tracker", CULPRIT, props)


def bus(**props):
    return res("cloudwatch/eventBus:EventBus", CULPRIT, {"name": "store", **props})


def budget(*notifications):
    return res("budgets/budget:Budget", CULPRIT, {"notifications": list(notifications)})


def settings_of(lines):
    return res("msk/configuration:Configuration", CULPRIT, {"serverProperties": "\n".join(lines)})


def record(**props):
    return res("route53/record:Record", CULPRIT, {"name": "shop", "type": "A", **props})


_SOURCE = {"StringEquals": {"aws:SourceAccount": "111111111111"}}
_POOL = res("cognito/userPool:UserPool", CULPRIT)
_MESSAGES = res("pinpoint/smsvoicev2ConfigurationSet:Smsvoicev2ConfigurationSet", CULPRIT, {"name": "sms"})
_SAFE = "unclean.leader.election.enable=false"

CASES = {
    "personalize-dataset-group-customer-key": Cases(
        good={
            "key and role": [
                controlled("AWS::Personalize::DatasetGroup", KmsKeyArn=KEY, RoleArn="arn:aws:iam::1:role/p")
            ],
            "native, known later": [native("personalize:DatasetGroup", kmsKeyArn=UNKNOWN, roleArn=UNKNOWN)],
            "state known later": [
                res(
                    "cloudcontrol/resource:Resource",
                    CULPRIT,
                    {"typeName": "AWS::Personalize::DatasetGroup", "desiredState": UNKNOWN},
                )
            ],
        },
        bad={
            "no key": [controlled("AWS::Personalize::DatasetGroup", Name="store")],
            "no role": [controlled("AWS::Personalize::DatasetGroup", KmsKeyArn=KEY)],
            "native": [native("personalize:DatasetGroup", name="store")],
        },
    ),
    "lex-bot-alias-logs-encrypted": Cases(
        good={
            "key": [recorded(kmsKeyArn=KEY)],
            "text only": [native("lex:BotAlias", conversationLogSettings={"textLogSettings": [{"enabled": True}]})],
            "first version": [
                res(
                    "lex/botAlias:BotAlias",
                    CULPRIT,
                    {"conversationLogs": {"logSettings": [{"destination": "S3", "kmsKeyArn": KEY}]}},
                )
            ],
        },
        bad={
            "no key": [recorded()],
            "first version": [
                res("lex/botAlias:BotAlias", CULPRIT, {"conversationLogs": {"logSettings": [{"destination": "S3"}]}})
            ],
        },
    ),
    "location-api-key-bounded": Cases(
        good={
            "bounded": [api_key()],
            "for an app": [
                api_key(
                    Restrictions={"AllowActions": ["geo-maps:GetTile"], "AllowAppleApps": [{"BundleId": "com.example"}]}
                )
            ],
        },
        bad={
            "for every page": [api_key(Restrictions={"AllowActions": ["geo-maps:GetTile"], "AllowReferers": ["*"]})],
            "for anybody": [api_key(Restrictions={"AllowActions": ["geo-maps:GetTile"]})],
            "for everything": [
                api_key(Restrictions={"AllowActions": ["geo:*"], "AllowReferers": ["https://a.example"]})
            ],
            "for ever": [api_key(NoExpiry=True)],
            "no end": [api_key(ExpireTime=None)],
        },
    ),
    "aws-resource-policy-service-bounded": Cases(
        good={
            "account": [admitting("events.amazonaws.com", **_SOURCE)],
            "another service": [admitting("ses.amazonaws.com")],
            "known later": [res("sns/topicPolicy:TopicPolicy", CULPRIT, {"policy": UNKNOWN})],
        },
        bad={
            "queue": [admitting("events.amazonaws.com")],
            "bucket": [admitting("personalize.amazonaws.com", "s3/bucketPolicy:BucketPolicy")],
            "another condition": [admitting("sns.amazonaws.com", Bool={"aws:SecureTransport": "true"})],
        },
        config=[({"services": ["ses.amazonaws.com"]}, [admitting("ses.amazonaws.com")], True)],
    ),
    "lex-bot-privacy": Cases(
        good={
            "stated": [bot(dataPrivacies=[{"childDirected": False}], idleSessionTtlInSeconds=300)],
            "CloudFormation": [
                controlled("AWS::Lex::Bot", DataPrivacy={"ChildDirected": False}, IdleSessionTTLInSeconds=300)
            ],
        },
        bad={
            "not stated": [bot(idleSessionTtlInSeconds=300)],
            "open for a day": [bot(dataPrivacies=[{"childDirected": False}], idleSessionTtlInSeconds=86400)],
        },
        config=[({"seconds": 60}, [bot(dataPrivacies=[{"childDirected": False}], idleSessionTtlInSeconds=300)], True)],
    ),
    "location-personalize-cost-bounded": Cases(
        good={
            "filtered": [tracker(positionFiltering="DistanceBased")],
            "slow": [controlled("AWS::Personalize::Campaign", MinProvisionedTPS=1)],
            "no floor": [controlled("AWS::Personalize::Campaign", Name="home")],
        },
        bad={
            "every position": [tracker()],
            "by time": [tracker(positionFiltering="TimeBased")],
            "fast": [controlled("AWS::Personalize::Campaign", MinProvisionedTPS=100)],
        },
        config=[({"throughput": 1}, [controlled("AWS::Personalize::Campaign", MinProvisionedTPS=2)], True)],
    ),
    "aws-service-logs-kept": Cases(
        good={
            "pool": [
                _POOL,
                res(
                    "cognito/logDeliveryConfiguration:LogDeliveryConfiguration",
                    "logs",
                    {"userPoolId": UNKNOWN},
                    refers={"userPoolId": [_POOL]},
                ),
            ],
            "bus": [bus(logConfig={"level": "ERROR"})],
            "partner bus": [bus(eventSourceName="aws.partner/shop")],
        },
        bad={"pool": [_POOL], "bus": [bus()], "off": [bus(logConfig={"level": "OFF"})]},
    ),
    "pinpoint-sms-events": Cases(
        good={
            "told": [
                _MESSAGES,
                res(
                    "pinpoint/smsvoicev2EventDestination:Smsvoicev2EventDestination",
                    "events",
                    {"configurationSetName": UNKNOWN},
                    refers={"configurationSetName": [_MESSAGES]},
                ),
            ],
            "CloudFormation": [
                controlled("AWS::SMSVOICE::ConfigurationSet", EventDestinations=[{"EventDestinationName": "all"}])
            ],
        },
        bad={"untold": [_MESSAGES], "CloudFormation": [controlled("AWS::SMSVOICE::ConfigurationSet", Tags=[])]},
    ),
    "budgets-budget-notifies": Cases(
        good={
            "by mail": [budget({"threshold": 80, "subscriberEmailAddresses": ["ops@example.com"]})],
            "by topic": [budget({"threshold": 80}, {"threshold": 100, "subscriberSnsTopicArns": [UNKNOWN]})],
            "known later": [res("budgets/budget:Budget", CULPRIT, {"notifications": UNKNOWN})],
        },
        bad={"silent": [budget()], "to nobody": [budget({"threshold": 80})]},
    ),
    "msk-configuration-durable": Cases(
        good={
            "safe": [settings_of([_SAFE])],
            "all of it": [settings_of([_SAFE, "default.replication.factor = 3", "min.insync.replicas=2"])],
            "comment": [settings_of(["# min.insync.replicas=1", _SAFE])],
        },
        bad={
            "default": [settings_of(["auto.create.topics.enable=false"])],
            "unclean": [settings_of(["unclean.leader.election.enable=true"])],
            "one replica": [settings_of([_SAFE, "default.replication.factor=1"])],
            "one in sync": [settings_of([_SAFE, "min.insync.replicas=1"])],
            "topics by mistake": [settings_of([_SAFE, "auto.create.topics.enable=true"])],
        },
    ),
    "route53-record-health": Cases(
        good={
            "alias": [
                record(failoverRoutingPolicies=[{"type": "PRIMARY"}], aliases=[{"evaluateTargetHealth": True}]),
            ],
            "check": [record(latencyRoutingPolicies=[{"region": "eu-west-1"}], healthCheckId=UNKNOWN)],
            "secondary": [record(failoverRoutingPolicies=[{"type": "SECONDARY"}])],
            "simple": [record(aliases=[{"evaluateTargetHealth": False}])],
        },
        bad={
            "primary": [record(failoverRoutingPolicies=[{"type": "PRIMARY"}])],
            "blind alias": [
                record(failoverRoutingPolicies=[{"type": "PRIMARY"}], aliases=[{"evaluateTargetHealth": False}])
            ],
            "latency": [record(latencyRoutingPolicies=[{"region": "eu-west-1"}])],
        },
    ),
}
