"""Policies of resources: who may reach a queue, a key, a function from outside the account."""

from collections.abc import Iterator

from policies.library.documents import Statement, names_anybody, parse, statements
from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN

_POLICIES = {
    "sqs/queuePolicy": "policy",
    "sqs/queue": "policy",
    "sns/topicPolicy": "policy",
    "sns/topic": "policy",
    "s3/bucketPolicy": "policy",
    "s3/bucket": "policy",
    "ecr/repositoryPolicy": "policy",
    "cloudwatch/eventBusPolicy": "policy",
    "dynamodb/resourcePolicy": "policy",
    "kinesis/resourcePolicy": "policy",
    "ecr/registryPolicy": "policy",
    "cloudwatch/logResourcePolicy": "policyDocument",
    "s3/accessPoint": "policy",
    "s3control/accessPointPolicy": "policy",
    "msk/clusterPolicy": "policy",
    "opensearch/domain": "accessPolicies",
    "opensearch/domainPolicy": "accessPolicies",
    "efs/fileSystemPolicy": "policy",
    "secretsmanager/secretPolicy": "policy",
    "backup/vaultPolicy": "policy",
}
_PRINCIPALS = {"cloudwatch/eventPermission": "condition", "lambda/layerVersionPermission": "organizationId"}
"""Kinds that name one principal, with the property that bounds it."""
_BOUNDS = (
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceOwner",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:SourceIp",
    "aws:VpcSourceIp",
    "aws:userid",
    "kms:CallerAccount",
    "elasticfilesystem:AccessedViaMountTarget",
    "elasticfilesystem:AccessPointArn",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
    "sns:Endpoint",
)
"""Condition keys that bound who calls: a statement for everybody under one of them is not public
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html)."""


def _is_open(statement: Statement) -> bool:
    """Whether a statement lets in any account, bound by no condition."""
    if not statement.allows or not (statement.is_public() or statement.not_principals):
        return False
    if statement.conditions is None:
        return False
    bounds = {bound.lower() for bound in _BOUNDS}
    return not any(
        key in bounds
        and not operator.endswith("ifexists")
        and operator != "null"
        and "not" not in operator
        and not (values is not None and any(map(names_anybody, values)))
        for operator, key, values in statement.conditions
    )


def _open_statements(subject: Subject, path: str) -> Iterator[Problem]:
    document = parse(subject.value(path))
    if document is UNKNOWN:
        subject.defer(path)
    for statement in statements(document):
        if _is_open(statement):
            actions = ", ".join((statement.actions or ("its actions",))[:3])
            yield Problem(path, f"{path} allows {actions} to everybody")


@rule(
    "aws-resource-policy-not-public",
    control="IAM-11",
    pack="guardrails",
    title="Policies of queues, topics, buckets and other resources admit nobody unknown",
    why="any AWS account in the world could read, write or delete",
    fix="name the accounts, roles or services in Principal, or bound the statement by aws:SourceArn, aws:SourceAccount"
    " or aws:PrincipalOrgID",
    severity="critical",
    dev="mandatory",
    kinds=(*_POLICIES, *_PRINCIPALS),
    paths=(
        "policy",
        "opensearch/domain · accessPolicies",
        "opensearch/domain · vpcOptions",
        "lambda/layerVersionPermission · principal",
    ),
    references=(
        "fsbp:S3.2",
        "fsbp:SQS.3",
        "fsbp:SNS.4",
        "fsbp:EventBridge.3",
        "cdk-nag:ECR1",
        "checkov:CKV_AWS_168",
        "checkov:CKV_AWS_70",
    ),
    limits="A search domain inside a VPC may admit everybody: its security groups bound who reaches it.",
)
def resource_policy(subject: Subject) -> Iterator[Problem]:
    kind = subject.resource.kind
    if kind in _PRINCIPALS:
        if subject.text("principal") == "*" and not subject.has(_PRINCIPALS[kind]):
            yield subject.problem("principal", "every AWS account")
    elif kind != "opensearch/domain" or not subject.has("vpcOptions"):
        yield from _open_statements(subject, _POLICIES[kind])


@rule(
    "kms-key-policy-not-public",
    control="IAM-10",
    pack="guardrails",
    title="Key policies admit nobody unknown",
    why="whoever may use the key reads all that it encrypts",
    fix="name the account or roles in Principal, or bound the statement by kms:CallerAccount",
    severity="critical",
    dev="mandatory",
    kinds=("kms/key", "kms/keyPolicy", "kms/replicaKey", "kms/externalKey"),
    paths=("policy",),
    references=("fsbp:KMS.5", "checkov:CKV_AWS_33", "checkov:CKV2_AWS_64"),
)
def key_policy(subject: Subject) -> Iterator[Problem]:
    yield from _open_statements(subject, "policy")


@rule(
    "lambda-permission-bounded",
    control="IAM-12",
    pack="guardrails",
    title="Permissions to invoke a function name who, and from which resource",
    why="without a source, the same service acting for any other account invokes the function",
    fix="set source_arn (or source_account) to what may invoke; never principal *",
    severity="critical",
    dev="mandatory",
    kinds=("lambda/permission",),
    paths=("principal", "sourceArn", "sourceAccount", "principalOrgId"),
    references=("fsbp:Lambda.1", "checkov:CKV_AWS_364", "checkov:CKV_AWS_301", "trivy:AVD-AWS-0067"),
)
def lambda_permission(subject: Subject) -> Iterator[Problem]:
    principal = subject.text("principal")
    if principal in (MISSING, UNKNOWN) or any(
        subject.has(path) and not (isinstance(value := subject.text(path), str) and names_anybody(value))
        for path in ("sourceArn", "sourceAccount", "principalOrgId")
    ):
        return
    if principal == "*" and subject.text("functionUrlAuthType") not in ("AWS_IAM", UNKNOWN):
        yield subject.problem("principal", "everybody may invoke the function")
    elif principal.endswith(".amazonaws.com"):
        yield subject.problem("sourceArn", f"{principal} may invoke it on behalf of any account")


@rule(
    "lambda-function-url-authorized",
    control="IAM-13",
    pack="guardrails",
    title="Function URLs demand IAM authorisation",
    why="the URL is on the internet, without web ACL and limits",
    fix="set authorization_type to AWS_IAM, and let CloudFront sign requests by an origin access control",
    severity="high",
    dev="mandatory",
    kinds=("lambda/functionUrl",),
    paths=("authorizationType",),
    references=("checkov:CKV_AWS_258", "cdk-nag:LambdaFunctionUrlAuth", "prowler:awslambda_function_url_public"),
    url="https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
)
def function_url(subject: Subject) -> Iterator[Problem]:
    if subject.text("authorizationType") not in ("AWS_IAM", UNKNOWN):
        yield subject.problem("authorizationType", "must be AWS_IAM")
