"""All services: retired services, updates and logs of service resources."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING

_RETIRED = {
    "pinpoint/app": "Amazon Pinpoint: end of support on 30 October 2026",
    "lex/bot": "Lex V1 is superseded by Lex V2",
    "lex/botAlias": "Lex V1 is superseded by Lex V2",
    "lex/intent": "Lex V1 is superseded by Lex V2",
    "lex/slotType": "Lex V1 is superseded by Lex V2",
    "waf/webAcl": "AWS WAF Classic is superseded by AWS WAF",
    "waf/rule": "AWS WAF Classic is superseded by AWS WAF",
    "wafregional/webAcl": "AWS WAF Classic is superseded by AWS WAF",
    "wafregional/rule": "AWS WAF Classic is superseded by AWS WAF",
    "AWS::FraudDetector::Detector": "Amazon Fraud Detector takes no new customers",
}


@rule(
    "aws-service-automatic-updates",
    control="BCK-16",
    pack="guardrails",
    title="Caches and search domains install minor updates automatically",
    why="known flaws would stay open until a manual update",
    fix="leave auto_minor_version_upgrade on, and set software_update_options.auto_software_update_enabled to true",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=("elasticache/replicationGroup", "opensearch/domain"),
    paths=("autoMinorVersionUpgrade", "opensearch/domain · softwareUpdateOptions.autoSoftwareUpdateEnabled"),
    references=("fsbp:ElastiCache.2", "fsbp:OpenSearch.10", "checkov:CKV_AWS_322"),
)
def automatic_updates(subject: Subject) -> Iterator[Problem]:
    if subject.has("elasticsearchDomain"):
        # CloudFormation's Elasticsearch domains have no such property.
        return
    if subject.resource.kind == "opensearch/domain":
        path = "softwareUpdateOptions.autoSoftwareUpdateEnabled"
        if subject.flag(path) in (False, MISSING):
            yield subject.problem(path, "must be true")
    elif subject.flag("autoMinorVersionUpgrade") is False:
        yield subject.problem("autoMinorVersionUpgrade", "must be true")


@rule(
    "aws-service-logs-kept",
    control="LOG-16",
    pack="guardrails",
    title="User pools and event buses write logs",
    why="only these logs show why a sign-in message was not delivered, or an event matched no rule",
    fix="add a cognito.LogDeliveryConfiguration for the pool; set log_config.level of the bus to ERROR, INFO or TRACE",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=("cognito/userPool", "cloudwatch/eventBus"),
    paths=("cognito/logDeliveryConfiguration · userPoolId", "cloudwatch/eventBus · logConfig.level"),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/cognito/latest/developerguide/exporting-quotas-and-usage.html",
)
def service_logs(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == "cloudwatch/eventBus":
        if not subject.has("eventSourceName") and subject.text("logConfig.level") in (MISSING, "OFF"):
            yield subject.problem("logConfig.level", "must be ERROR, INFO or TRACE")
    elif not subject.stack.pointing_at(subject.resource, "cognito/logDeliveryConfiguration", "userPoolId"):
        yield Problem("logDeliveryConfiguration", "must have a LogDeliveryConfiguration; none references it")


@rule(
    "aws-service-not-retired",
    control="TAG-08",
    pack="guardrails",
    title="Services that AWS retires or has superseded are not used",
    why="AWS sets the day on which they end, and fixes reach their successors only",
    fix="use End User Messaging, Lex V2 (lex.V2models*), AWS WAF (wafv2) and opensearch.Domain",
    severity="medium",
    dev="advisory",
    prod="advisory",
    kinds=(*_RETIRED, "opensearch/domain"),
    paths=("name",),
    url="https://docs.aws.amazon.com/pinpoint/latest/userguide/migrate.html",
)
def not_retired(subject: Subject) -> Iterator[Problem]:
    resource = subject.resource
    if resource.kind in _RETIRED:
        yield Problem("name", _RETIRED[resource.kind])
    elif resource.type.startswith("aws:elasticsearch/") or subject.has("elasticsearchDomain"):
        yield Problem("name", "Elasticsearch domains are superseded by OpenSearch domains")
