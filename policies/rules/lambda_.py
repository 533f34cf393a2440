"""Lambda: functions, their URLs and permissions."""

import fnmatch
from collections.abc import Iterator

from policies.library.documents import names_anybody
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, as_text, read
from policies.rules.helpers.customer_keys import no_customer_key
from policies.rules.helpers.secrets import is_secret
from policies.rules.helpers.zones import too_few_zones

_FUNCTION = "lambda/function"
_ASYNCHRONOUS = ("events", "s3", "sns", "ses", "iot", "config", "logs", "scheduler", "cognito-idp.sync")
_TEXTS = {"type": "array", "items": {"type": "string"}}
_ZONES = Setting(2, {"type": "integer", "minimum": 1}, "Minimum number of zones.")


@rule(
    "lambda-function-environment-key",
    control="ENC-13",
    pack="encryption",
    title="Environment variables of functions are encrypted with a customer managed key",
    why="with the default key, anyone who can read the function's configuration can read the variables",
    fix="set kms_key_arn to a customer managed key",
    severity="medium",
    dev="disabled",
    kinds=("lambda/function",),
    paths=("kmsKeyArn", "environment.variables"),
    references=("checkov:CKV_AWS_173", "prowler:awslambda_function_env_vars_not_encrypted_with_cmk"),
    url="https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html",
)
def environment_key(subject: Subject) -> Iterator[Problem]:
    if subject.value("environment.variables") not in (MISSING, UNKNOWN, {}):
        yield from no_customer_key(subject, "kmsKeyArn")


@rule(
    "lambda-function-failures-kept",
    control="HA-19",
    pack="multi_az",
    title="Failed asynchronous invocations go to a destination or dead-letter queue",
    why="Lambda drops the event after two retries without a notice",
    fix="add a lambda.FunctionEventInvokeConfig with destination_config.on_failure, or set dead_letter_config",
    severity="medium",
    dev="advisory",
    kinds=(_FUNCTION,),
    paths=(
        "deadLetterConfig.targetArn",
        "lambda/functionEventInvokeConfig · destinationConfig.onFailure.destination",
        "lambda/permission · principal",
    ),
    stack_kinds=("*",),
    references=("checkov:CKV_AWS_116", "aws-config:LAMBDA_DLQ_CHECK"),
    url="https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
    limits="Judged if a lambda.Permission of the program lets EventBridge, S3, SNS or another asynchronous service"
    " invoke the function.",
)
def failures_kept(subject: Subject) -> Iterator[Problem]:
    stack, function = subject.stack, subject.resource
    if subject.has("deadLetterConfig.targetArn"):
        return
    services = {
        principal.split(".")[0]
        for permission in stack.pointing_at(function, "lambda/permission", "function", sure=True)
        if isinstance(principal := as_text(read(permission.props, "principal")), str)
    }
    callers = sorted(services & set(_ASYNCHRONOUS))
    if not callers:
        return
    for config in stack.pointing_at(function, "lambda/functionEventInvokeConfig", "functionName"):
        if as_list(read(config.props, "destinationConfig")):
            return
    yield Problem("deadLetterConfig", f"must have a dead-letter queue or on_failure: {', '.join(callers)} invokes it")


@rule(
    "lambda-function-log-group",
    control="LOG-13",
    pack="guardrails",
    title="Functions have a log group in this program",
    why="the log group that Lambda creates keeps logs for ever, without a customer managed key",
    fix="add a cloudwatch.LogGroup, and set it as logging_config.log_group (or name it /aws/lambda/<function>)",
    severity="low",
    dev="advisory",
    kinds=("lambda/function",),
    paths=("loggingConfig.logGroup", "cloudwatch/logGroup · name"),
    stack_kinds=("*",),
    url="https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html",
    limits="Lambda@Edge replicas log in other Regions too; those log groups are not judged.",
)
def function_log_group(subject: Subject) -> Iterator[Problem]:
    stack, function = subject.stack, subject.resource
    if subject.has("loggingConfig.logGroup"):
        return
    if stack.pointing_at(function, "cloudwatch/logGroup", "name"):
        return
    name = read(function.props, "name")
    groups = [read(group.props, "name") for group in stack.of_kind("cloudwatch/logGroup")]
    if UNKNOWN in groups or (name is UNKNOWN and groups):
        subject.defer("name")
        return
    if isinstance(name, str) and f"/aws/lambda/{name}" in groups:
        return
    yield Problem("loggingConfig", "must have a cloudwatch.LogGroup in this program")


@rule(
    "lambda-function-no-secret-environment",
    control="SEC-02",
    pack="guardrails",
    title="Functions have no secrets in their environment",
    why="anyone who can read a function's configuration can read its variables",
    fix="move the value to Secrets Manager, and fetch it by ARN in the function",
    severity="critical",
    dev="mandatory",
    kinds=("lambda/function",),
    paths=("environment.variables",),
    references=("checkov:CKV_AWS_45", "prowler:awslambda_function_no_secrets_in_variables"),
    url="https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html",
    limits="Judged by the variable's name and by the patterns of well-known credentials; the value is never shown.",
)
def function_environment(subject: Subject) -> Iterator[Problem]:
    variables = subject.value("environment.variables")
    for name, value in variables.items() if isinstance(variables, dict) else ():
        if value is UNKNOWN:
            subject.defer(f"environment.variables.{name}")
        elif is_secret(name, value):
            yield Problem("environment.variables", f"environment.variables has a secret in variable {name}")


@rule(
    "lambda-function-reserved-concurrency",
    control="HA-23",
    pack="multi_az",
    title="Functions of orders and payments have reserved concurrency",
    why="another function of the account could use up all concurrency",
    fix="set reserved_concurrent_executions",
    severity="low",
    dev="disabled",
    prod="advisory",
    kinds=(_FUNCTION,),
    paths=("reservedConcurrentExecutions",),
    references=("checkov:CKV_AWS_115", "aws-config:LAMBDA_CONCURRENCY_CHECK"),
    url="https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
    settings={
        "functions": Setting(
            ["*order*", "*payment*", "*checkout*"],
            {"type": "array", "items": {"type": "string"}},
            "Functions (globs over resource and function name) that must have it.",
        )
    },
)
def reserved(subject: Subject) -> Iterator[Problem]:
    names = (subject.resource.name, read(subject.resource.props, "name"))
    needed = any(
        isinstance(name, str) and fnmatch.fnmatch(name.lower(), glob.lower())
        for name in names
        for glob in subject.config["functions"]
    )
    count = subject.number("reservedConcurrentExecutions")
    if needed and (count is MISSING or (isinstance(count, float) and count < 0)):
        yield subject.problem("reservedConcurrentExecutions", "must reserve concurrency for this function")


@rule(
    "lambda-function-supported-runtime",
    control="TAG-09",
    pack="guardrails",
    title="Functions run on supported runtimes",
    why="a runtime out of support gets no security fixes, and soon AWS blocks updates of its functions",
    fix="move the function to a current runtime",
    severity="medium",
    dev="mandatory",
    kinds=("lambda/function",),
    paths=("runtime",),
    references=("fsbp:Lambda.2", "cdk-nag:L1", "checkov:CKV_AWS_363"),
    settings={
        "refused": Setting(
            [
                "dotnet5*",
                "dotnet6",
                "dotnetcore*",
                "go1.x",
                "java8",
                "nodejs",
                "nodejs?.*",
                "nodejs1[0-8].x",
                "provided",
                "python2*",
                "python3.[6-9]",
                "ruby2*",
                "ruby3.2",
            ],
            _TEXTS,
            "Runtimes refused, as globs (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html).",
        )
    },
)
def supported_runtime(subject: Subject) -> Iterator[Problem]:
    runtime = subject.text("runtime")
    if isinstance(runtime, str) and any(fnmatch.fnmatchcase(runtime, glob) for glob in subject.config["refused"]):
        yield subject.problem("runtime", "must be a supported runtime")


@rule(
    "lambda-function-url-authorized",
    control="IAM-13",
    pack="guardrails",
    title="Function URLs require IAM authorisation",
    why="the URL is on the internet without a web ACL and without throttling",
    fix="set authorization_type to AWS_IAM, and sign CloudFront's requests with an origin access control",
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


@rule(
    "lambda-function-zones",
    control="HA-14",
    pack="multi_az",
    title="Functions in a VPC use subnets of two or more zones",
    why="a function cannot start when its only zone fails",
    fix="set vpc_config.subnet_ids to subnets of at least two availability zones",
    severity="medium",
    dev="advisory",
    kinds=("lambda/function",),
    paths=(
        "vpcConfig.subnetIds",
        "ec2/subnet · availabilityZone",
    ),
    stack_kinds=("*",),
    references=(
        "fsbp:Lambda.5",
        "aws-config:LAMBDA_VPC_MULTI_AZ_CHECK",
        "prowler:awslambda_function_vpc_multi_az",
    ),
    settings={"zones": _ZONES},
)
def lambda_zones(subject: Subject) -> Iterator[Problem]:
    yield from too_few_zones(subject, "vpcConfig.subnetIds", subject.config["zones"])


@rule(
    "lambda-permission-bounded",
    control="IAM-12",
    pack="guardrails",
    title="Permissions to invoke a function name the principal and its source",
    why="without a source, the service may invoke the function for any other account",
    fix="set source_arn (or source_account) to the source; never principal *",
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
        yield subject.problem("principal", "must name a service or account: everyone may invoke it")
    elif principal.endswith(".amazonaws.com"):
        yield subject.problem("sourceArn", f"must be the source: {principal} may act for any account")
