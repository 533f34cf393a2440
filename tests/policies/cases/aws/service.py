"""All services: retired services, updates and logs of service resources."""

from policies.library.resources import Resource
from tests.policies.support import CULPRIT, UNKNOWN, Cases, in_kinds, res


def cache(**props):
    return res("elasticache/replicationGroup:ReplicationGroup", CULPRIT, props)


def search(**props):
    return res("opensearch/domain:Domain", CULPRIT, props)


def bus(**props):
    return res("cloudwatch/eventBus:EventBus", CULPRIT, {"name": "store", **props})


_POOL = res("cognito/userPool:UserPool", CULPRIT)

CASES = {
    "aws-service-automatic-updates": Cases(
        good={
            "cache": [cache()],
            "search": [search(softwareUpdateOptions={"autoSoftwareUpdateEnabled": True})],
        },
        bad={
            "cache": [cache(autoMinorVersionUpgrade=False)],
            "cache, as text": [cache(autoMinorVersionUpgrade="false")],
            "search": [search()],
        },
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
    "aws-service-not-retired": Cases(
        good={
            "search": [search()],
            "Lex V2": [res("lex/v2modelsBot:V2modelsBot", CULPRIT, {"name": "help"})],
        },
        bad={
            "Pinpoint": [res("pinpoint/app:App", CULPRIT, {"name": "push"})],
            "Lex V1": [res("lex/bot:Bot", CULPRIT, {"name": "help"})],
            "WAF Classic": [res("waf/webAcl:WebAcl", CULPRIT, {"name": "edge"})],
            "Elasticsearch": [res("elasticsearch/domain:Domain", CULPRIT)],
            **in_kinds(
                {}, "lex/botAlias", "lex/intent", "lex/slotType", "waf/rule", "wafregional/rule", "wafregional/webAcl"
            ),
            "Fraud Detector": [Resource.of("aws-native:frauddetector:Detector", CULPRIT, {})],
        },
    ),
}
