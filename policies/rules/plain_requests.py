"""Queues, topics and file systems refuse clients without TLS; subscribers and certificates."""

from collections.abc import Iterator
from typing import Any

from policies.library.documents import Statement, is_complete, parse, statements
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_text, read


def _documents(subject: Subject, kind: str, path: str, *, inline: bool) -> list[Any]:
    own = [parse(read(subject.resource.props, "policy"))] if inline else []
    attached = subject.stack.pointing_at(subject.resource, kind, path)
    found = [*own, *(parse(read(policy.props, "policy")) for policy in attached)]
    return [document for document in found if document is not MISSING]


def _demands_tls(statement: Statement) -> bool:
    """Whether a statement denies everybody without TLS, or allows only those with it."""
    if statement.conditions is None:
        return True
    wanted = "false" if statement.denies else "true"
    return any(
        key == "aws:securetransport" and operator in ("bool", "boolifexists") and (values is None or wanted in values)
        for operator, key, values in statement.conditions
    )


def _without_tls(subject: Subject, documents: list[Any], what: str, *, alone: bool = False) -> Iterator[Problem]:
    """A problem where requests without TLS are not refused.

    Args:
        alone: whether the policy alone decides who is let in, so that it suffices if each Allow demands TLS.
    """
    every = [statement for document in documents for statement in statements(document)]
    if any(statement.denies and _demands_tls(statement) for statement in every):
        return
    allowed = [statement for statement in every if statement.allows]
    if allowed and alone and all(map(_demands_tls, allowed)):
        return
    if any(document is UNKNOWN or not is_complete(document) for document in documents):
        subject.defer("policy")
    elif documents:
        yield Problem("policy", f"its policy does not deny {what} without TLS")
    else:
        yield Problem("policy", f"no policy denies {what} without TLS")


@rule(
    "sqs-queue-tls-only",
    control="TLS-11",
    pack="encryption",
    title="Queues deny requests without TLS",
    why="SQS answers plain HTTP unless the queue's policy forbids it",
    fix='add an sqs.QueuePolicy statement: Effect Deny, Principal *, Action sqs:*, Condition {"Bool":'
    ' {"aws:SecureTransport": "false"}}',
    severity="medium",
    dev="advisory",
    kinds=("sqs/queue",),
    paths=("policy", "sqs/queuePolicy · policy"),
    stack_kinds=("*",),
    references=("cdk-nag:SQS4",),
    url="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
)
def queue_tls(subject: Subject) -> Iterator[Problem]:
    documents = _documents(subject, "sqs/queuePolicy", "queueUrl", inline=True)
    yield from _without_tls(subject, documents, "requests")


@rule(
    "sns-topic-tls-only",
    control="TLS-12",
    pack="encryption",
    title="Topics deny publishing without TLS",
    why="SNS takes messages over plain HTTP unless the topic's policy forbids it",
    fix='add an sns.TopicPolicy statement: Effect Deny, Principal *, Action sns:Publish, Condition {"Bool":'
    ' {"aws:SecureTransport": "false"}}',
    severity="medium",
    dev="advisory",
    kinds=("sns/topic",),
    paths=("policy", "sns/topicPolicy · policy"),
    stack_kinds=("*",),
    references=("cdk-nag:SNS3",),
    url="https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html",
)
def topic_tls(subject: Subject) -> Iterator[Problem]:
    documents = _documents(subject, "sns/topicPolicy", "arn", inline=True)
    yield from _without_tls(subject, documents, "publishing")


@rule(
    "efs-file-system-tls-only",
    control="TLS-13",
    pack="encryption",
    title="File systems refuse clients without TLS",
    why="without a policy every client in the VPC may mount the file system as root, in clear",
    fix='add an efs.FileSystemPolicy statement: Effect Deny, Principal *, Action *, Condition {"Bool":'
    ' {"aws:SecureTransport": "false"}}',
    severity="medium",
    dev="advisory",
    kinds=("efs/fileSystem",),
    paths=("efs/fileSystemPolicy · policy",),
    stack_kinds=("*",),
    references=("prowler:efs_not_publicly_accessible",),
    url="https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html",
)
def file_system_tls(subject: Subject) -> Iterator[Problem]:
    documents = _documents(subject, "efs/fileSystemPolicy", "fileSystemId", inline=False)
    yield from _without_tls(subject, documents, "clients", alone=True)


@rule(
    "sns-subscription-https",
    control="TLS-24",
    pack="encryption",
    title="Topics and API destinations deliver over https",
    why="messages about orders would leave AWS in clear",
    fix="use protocol https and an https endpoint",
    severity="medium",
    dev="mandatory",
    kinds=("sns/topicSubscription", "cloudwatch/eventApiDestination"),
    paths=("protocol", "endpoint", "cloudwatch/eventApiDestination · invocationEndpoint"),
    references=("prowler:sns_subscription_not_using_http_endpoints",),
    url="https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html",
)
def https_delivery(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == "sns/topicSubscription":
        if subject.text("protocol") == "http":
            yield subject.problem("protocol", "must be https")
        return
    endpoint = subject.text("invocationEndpoint")
    if isinstance(endpoint, str) and endpoint.lower().startswith("http://"):
        yield Problem("invocationEndpoint", "invocation_endpoint is plain http: must be https")


@rule(
    "acm-certificate-strong",
    control="TLS-21",
    pack="encryption",
    title="Certificates have strong keys, are validated by DNS, and name their hosts",
    why="e-mail validation is not renewed by itself, weak keys are broken, a wildcard serves every host at once",
    fix="set validation_method DNS, leave key_algorithm out (RSA_2048) or take EC_prime256v1, name the hosts",
    severity="medium",
    dev="advisory",
    kinds=("acm/certificate",),
    paths=("keyAlgorithm", "validationMethod", "domainName", "subjectAlternativeNames"),
    references=("fsbp:ACM.2", "checkov:CKV2_AWS_71", "prowler:acm_certificates_with_secure_key_algorithms"),
    settings={"wildcards": Setting(False, {"type": "boolean"}, "Whether wildcard names are accepted.")},
)
def certificate(subject: Subject) -> Iterator[Problem]:
    if subject.text("keyAlgorithm") in ("RSA_1024",):
        yield subject.problem("keyAlgorithm", "the key is too short")
    if subject.text("validationMethod") == "EMAIL":
        yield subject.problem("validationMethod", "must be DNS")
    names = [as_text(read(subject.resource.props, "domainName")), *subject.items("subjectAlternativeNames")]
    wild = sorted({name for name in names if isinstance(name, str) and name.startswith("*.")})
    if wild and not subject.config["wildcards"]:
        yield subject.problem("domainName", f"{', '.join(wild)} serves every host")
