"""All services: retired services, updates and logs of service resources."""

from collections.abc import Iterator

from lifecycle import Status, by_action, by_kind
from policies.library.documents import statements
from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING
from policies.rules.helpers.permission_policies import BOUNDARIES_LEFT, INLINE, MANAGED, documents_of

_GONE = by_kind(Status.CLOSED, Status.ENDED)
_GONE_ACTIONS = by_action(Status.CLOSED, Status.ENDED)
_SUPERSEDED = by_kind(Status.SUPERSEDED)
_ELASTICSEARCH = _SUPERSEDED["elasticsearch/domain"]


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
    title="Services that AWS has ended or closed to new customers are not used",
    why="an account opened today cannot create them, and no flaw of them is mended for long",
    fix="use the successor that the finding names; where the account has the service, a waiver with an owner, a"
    " reason and a date accepts it until then",
    severity="high",
    dev="mandatory",
    kinds=(*_GONE, *INLINE, "iam/role"),
    stack_kinds=MANAGED,
    paths=("name", "policy", "iam/role · inlinePolicies[].policy"),
    limits=f"An action with a wildcard before its colon is not judged. {BOUNDARIES_LEFT}",
    url="https://aws.amazon.com/products/lifecycle/",
)
def not_retired(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind in _GONE:
        yield Problem("name", _GONE[subject.resource.kind].words)
        return
    for path, document in documents_of(subject):
        for statement in statements(document):
            prefixes = {action.partition(":")[0].lower() for action in statement.actions or () if statement.allows}
            for prefix in sorted(prefixes & _GONE_ACTIONS.keys()):
                yield Problem(path, f"{path} must not allow {prefix} actions: {_GONE_ACTIONS[prefix].words}")


@rule(
    "aws-service-not-superseded",
    control="TAG-13",
    pack="guardrails",
    title="Services and versions that AWS advises against are not used",
    why="improvements reach their successors only, and AWS may close them",
    fix="use the successor that the finding names",
    severity="low",
    dev="advisory",
    prod="advisory",
    kinds=(*sorted(_SUPERSEDED.keys() - {"elasticsearch/domain"}), "opensearch/domain"),
    paths=("name",),
    url="https://aws.amazon.com/products/lifecycle/",
)
def not_superseded(subject: Subject) -> Iterator[Problem]:
    resource = subject.resource
    if resource.kind in _SUPERSEDED:
        yield Problem("name", _SUPERSEDED[resource.kind].words)
    elif resource.type.startswith("aws:elasticsearch/") or subject.has("elasticsearchDomain"):
        yield Problem("name", _ELASTICSEARCH.words)
