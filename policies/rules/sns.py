"""SNS: topics and subscriptions."""

from collections.abc import Iterator

from policies.library.rules import Problem, Subject, rule
from policies.rules.helpers.customer_keys import no_customer_key
from policies.rules.helpers.tls_policies import attached_documents, without_tls


@rule(
    "sns-subscription-https",
    control="TLS-24",
    pack="encryption",
    title="Topics and API destinations deliver over HTTPS",
    why="messages about orders would leave AWS unencrypted",
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
        yield Problem("invocationEndpoint", "invocation_endpoint must be https")


@rule(
    "sns-topic-customer-key",
    control="ENC-09",
    pack="encryption",
    title="Topics are encrypted with a customer managed key",
    why="CloudWatch cannot publish under an AWS managed key, and without a key messages are stored unencrypted",
    fix="set kms_master_key_id to a customer managed key whose policy allows the services that publish",
    severity="medium",
    dev="advisory",
    kinds=("sns/topic",),
    paths=("kmsMasterKeyId",),
    references=("fsbp:SNS.1", "checkov:CKV_AWS_26", "trivy:AVD-AWS-0095", "trivy:AVD-AWS-0136"),
)
def topic(subject: Subject) -> Iterator[Problem]:
    yield from no_customer_key(subject, "kmsMasterKeyId")


@rule(
    "sns-topic-tls-only",
    control="TLS-12",
    pack="encryption",
    title="Topics deny publishing without TLS",
    why="SNS accepts messages over plain HTTP unless the topic's policy denies it",
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
    documents = attached_documents(subject, "sns/topicPolicy", "arn", inline=True)
    yield from without_tls(subject, documents, "publishing")
