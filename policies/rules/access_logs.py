"""Logs of who asked for what: networks, load balancers, distributions, APIs, buckets, zones."""

from collections.abc import Iterator

from policies.library.documents import statements
from policies.library.resources import Resource, Stack
from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_text, read
from policies.rules.buckets import BUCKET, policies_of, takes_service_logs

_LOG_POINTERS = (
    ("cloudfront/distribution", "loggingConfig.bucket"),
    ("ec2/flowLog", "logDestination"),
    ("wafv2/webAclLoggingConfiguration", "logDestinationConfigs"),
    ("cloudwatch/logDeliveryDestination", "deliveryDestinationConfiguration.destinationResourceArn"),
    ("cloudtrail/trail", "s3BucketName"),
    ("cfg/deliveryChannel", "s3BucketName"),
)
_LOG_SERVICES = {"delivery.logs.amazonaws.com", "cloudtrail.amazonaws.com", "config.amazonaws.com"}


@rule(
    "ec2-vpc-flow-logs",
    control="LOG-01",
    pack="guardrails",
    title="Each VPC keeps flow logs of all traffic",
    why="after an incident nothing else tells who talked to whom",
    fix="add an ec2.FlowLog with the VPC's id and traffic_type ALL",
    severity="medium",
    dev="advisory",
    kinds=("ec2/vpc",),
    paths=("ec2/flowLog · vpcId", "ec2/flowLog · trafficType"),
    stack_kinds=("*",),
    references=("fsbp:EC2.6", "cdk-nag:VPC7", "checkov:CKV2_AWS_11", "trivy:AVD-AWS-0178"),
    limits="Flow logs of subnets and interfaces do not count.",
)
def flow_logs(subject: Subject) -> Iterator[Problem]:
    logs = subject.stack.pointing_at(subject.resource, "ec2/flowLog", "vpcId")
    kinds = [as_text(read(log.props, "trafficType")) for log in logs]
    if not logs:
        yield Problem("flowLog", "no flow log has this VPC")
    elif not any(kind in ("ALL", MISSING, UNKNOWN) for kind in kinds):
        yield Problem("flowLog", f"its flow log keeps {kinds[0]} only: traffic_type must be ALL")


@rule(
    "lb-load-balancer-access-logs",
    control="LOG-02",
    pack="guardrails",
    title="Load balancers keep access logs",
    why="errors and attacks are traced by the requests that came",
    fix="set access_logs with a bucket and enabled true",
    severity="medium",
    dev="disabled",
    kinds=("lb/loadBalancer",),
    paths=("accessLogs.enabled", "accessLogs.bucket"),
    references=("fsbp:ELB.5", "cdk-nag:ELB2", "checkov:CKV_AWS_91"),
    limits="Network load balancers log TLS listeners only, gateway load balancers not at all: neither is judged.",
)
def load_balancer_logs(subject: Subject) -> Iterator[Problem]:
    if subject.text("loadBalancerType") not in (MISSING, "application") or subject.value("accessLogs") is UNKNOWN:
        return
    if subject.flag("accessLogs.enabled") in (False, MISSING):
        yield subject.problem("accessLogs.enabled", "must be true")


@rule(
    "cloudfront-distribution-logs",
    control="LOG-03",
    pack="guardrails",
    title="Distributions keep access logs",
    why="what was served or refused at the edge is seen nowhere else",
    fix="add a cloudwatch.LogDeliverySource with the distribution's ARN and a delivery (or logging_config)",
    severity="medium",
    dev="disabled",
    kinds=("cloudfront/distribution",),
    paths=("loggingConfig", "cloudwatch/logDeliverySource · resourceArn"),
    stack_kinds=("*",),
    references=("fsbp:CloudFront.5", "cdk-nag:CFR3", "checkov:CKV_AWS_86", "trivy:AVD-AWS-0010"),
)
def distribution_logs(subject: Subject) -> Iterator[Problem]:
    resource = subject.resource
    if subject.has("loggingConfig") or subject.has("defaultCacheBehavior.realtimeLogConfigArn"):
        return
    if not subject.stack.pointing_at(resource, "cloudwatch/logDeliverySource", "resourceArn"):
        yield Problem("loggingConfig", "no logging_config, and no log delivery has this distribution")


@rule(
    "apigateway-stage-access-logs",
    control="LOG-04",
    pack="guardrails",
    title="API stages keep structured access logs",
    why="calls that fail or are refused can be found only when each has a record that can be searched",
    fix="set access_log_settings with the ARN of a log group and a JSON format",
    severity="medium",
    dev="advisory",
    kinds=("apigateway/stage", "apigatewayv2/stage"),
    paths=("accessLogSettings.destinationArn", "accessLogSettings.format"),
    references=("fsbp:APIGateway.9", "cdk-nag:APIG1", "checkov:CKV_AWS_76", "trivy:AVD-AWS-0001"),
)
def stage_access_logs(subject: Subject) -> Iterator[Problem]:
    if subject.value("accessLogSettings") is UNKNOWN:
        return
    if not subject.has("accessLogSettings.destinationArn"):
        yield subject.problem("accessLogSettings.destinationArn", "the stage keeps no access log")
        return
    layout = subject.text("accessLogSettings.format")
    if isinstance(layout, str) and not layout.lstrip().startswith("{"):
        yield subject.problem("accessLogSettings.format", "must be JSON")


def settings_of(stack: Stack, stage: Resource) -> list[Resource]:
    """Method settings of a REST stage: by dependency, else by the stage's name within the same API."""
    found = stack.pointing_at(stage, "apigateway/methodSettings", "stageName")
    apis = {api.urn for api in stack.referred(stage, "restApi", "apigateway/restApi").resources}
    name = read(stage.props, "stageName")
    for settings in stack.of_kind("apigateway/methodSettings"):
        same = {api.urn for api in stack.referred(settings, "restApi", "apigateway/restApi").resources}
        if same == apis and name in (UNKNOWN, read(settings.props, "stageName")):
            found.append(settings)
    return found


@rule(
    "apigateway-stage-execution-logs",
    control="LOG-05",
    pack="guardrails",
    title="REST stages log their execution, without request bodies",
    why="errors of authorisers and integrations are seen nowhere else; full traces copy passwords and addresses",
    fix='add an apigateway.MethodSettings for method_path "*/*" with logging_level ERROR or INFO and data_trace_enabled'
    " false",
    severity="medium",
    dev="advisory",
    kinds=("apigateway/stage", "apigateway/methodSettings"),
    paths=(
        "apigateway/methodSettings · settings.loggingLevel",
        "apigateway/methodSettings · settings.dataTraceEnabled",
    ),
    stack_kinds=("*",),
    references=("fsbp:APIGateway.1", "cdk-nag:APIG6", "checkov:CKV2_AWS_4", "checkov:CKV_AWS_276"),
)
def execution_logs(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == "apigateway/methodSettings":
        if subject.flag("settings.dataTraceEnabled") is True:
            yield subject.problem("settings.dataTraceEnabled", "request and response bodies would be logged")
        return
    levels = [
        as_text(read(item.props, "settings.loggingLevel")) for item in settings_of(subject.stack, subject.resource)
    ]
    if not any(level in ("INFO", "ERROR", UNKNOWN) for level in levels):
        yield Problem("stageName", "no method settings of this stage have logging_level ERROR or INFO")


def _keeps_logs(subject: Subject) -> bool:
    """Whether logs of any service are, or may be, delivered into a bucket."""
    stack, bucket = subject.stack, subject.resource
    if takes_service_logs(subject) or any(stack.pointing_at(bucket, *pointer, sure=True) for pointer in _LOG_POINTERS):
        return True
    documents = policies_of(subject)
    if UNKNOWN in documents:
        subject.defer("policy")
        return True
    return any(
        kind.lower() == "service" and name.lower() in _LOG_SERVICES
        for document in documents
        for statement in statements(document)
        for kind, name in statement.principals or ()
    )


@rule(
    "s3-bucket-access-logs",
    control="LOG-07",
    pack="guardrails",
    title="Buckets keep access logs in another bucket",
    why="who read or deleted an object is known only from the log",
    fix="add an s3.BucketLogging for the bucket with target_bucket the bucket of logs",
    severity="medium",
    dev="disabled",
    kinds=(BUCKET, "s3/bucketLogging"),
    paths=(
        "loggings",
        "s3/bucketLogging · targetBucket",
        "s3/bucketPolicy · policy",
        "lb/loadBalancer · accessLogs.bucket",
        "cloudfront/distribution · loggingConfig.bucket",
        "ec2/flowLog · logDestination",
    ),
    stack_kinds=("*",),
    references=("fsbp:S3.9", "cdk-nag:S1", "checkov:CKV_AWS_18", "trivy:AVD-AWS-0089"),
    limits="Buckets into which a service delivers logs need none of their own.",
)
def bucket_logs(subject: Subject) -> Iterator[Problem]:
    stack, resource = subject.stack, subject.resource
    if resource.kind == "s3/bucketLogging":
        source, target = (stack.referred(resource, path, BUCKET) for path in ("bucket", "targetBucket"))
        name = as_text(read(resource.props, "bucket"))
        same = isinstance(name, str) and name == read(resource.props, "targetBucket")
        one = len(source.resources) == 1 and len(target.resources) == 1
        if same or (one and source.resources[0].urn == target.resources[0].urn):
            yield subject.problem("targetBucket", "the bucket logs into itself: each log entry makes another one")
        return
    if subject.has("loggings") or subject.has("logging") or _keeps_logs(subject):
        return
    if not stack.pointing_at(resource, "s3/bucketLogging", "bucket"):
        yield Problem("loggings", "no s3.BucketLogging has this bucket")


@rule(
    "route53-zone-query-logs",
    control="LOG-14",
    pack="guardrails",
    title="Public zones log their queries",
    why="takeovers and tunnels by DNS are seen in the queries alone",
    fix="add a route53.QueryLog for the zone with a log group in us-east-1",
    severity="medium",
    dev="disabled",
    kinds=("route53/zone",),
    paths=("route53/queryLog · zoneId", "vpcs"),
    stack_kinds=("*",),
    references=(
        "fsbp:Route53.2",
        "checkov:CKV2_AWS_39",
        "prowler:route53_public_hosted_zones_cloudwatch_logging_enabled",
    ),
)
def query_logs(subject: Subject) -> Iterator[Problem]:
    if subject.has("vpcs"):
        return
    if not subject.stack.pointing_at(subject.resource, "route53/queryLog", "zoneId"):
        yield Problem("queryLog", "no route53.QueryLog has this zone")
