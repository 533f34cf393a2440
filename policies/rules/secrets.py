"""Secrets: none in environments and variables; policies and deletion of secrets."""

import json
import re
from collections.abc import Iterator
from typing import Any

from policies.library.rules import Problem, Subject, rule
from policies.library.values import MISSING, UNKNOWN, UNKNOWN_TEXTS, as_list, plain

_NAME = re.compile(r"(^|_)(PASSWORD|PASSWD|PWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIALS?)$", re.I)
_VALUE = re.compile(
    r"AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----|gh[pousr]_[A-Za-z0-9]{36}|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|sk_live_[A-Za-z0-9]{16,}|[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s:@]{3,}@"
)
_REFERENCE = re.compile(r"^(arn:aws[a-z-]*:|\{\{resolve:|/)")


def _is_secret(name: str, value: Any) -> bool:
    """Whether a variable looks like secret material; ARNs and parameter paths only point to it."""
    if not isinstance(value, str) or not value or _REFERENCE.match(value):
        return False
    return bool(_VALUE.search(value)) or (bool(_NAME.search(name)) and len(value) >= 8)


def containers_in(subject: Subject) -> list[Any]:
    value = subject.value("containerDefinitions")
    if isinstance(value, str):
        if any(marker in value for marker in UNKNOWN_TEXTS):
            subject.defer("containerDefinitions")
        try:
            value = plain(json.loads(value))
        except ValueError:
            return []
    return [item for item in as_list(value) if isinstance(item, dict)]


@rule(
    "ecs-task-definition-no-secret-environment",
    control="SEC-01",
    pack="guardrails",
    title="Containers get no secrets by their environment",
    why="task definitions are readable by many, kept for ever, and copied into logs and consoles",
    fix="move the value to Secrets Manager and name its ARN in secrets[].valueFrom of the container",
    severity="critical",
    dev="mandatory",
    types=("ecs/taskDefinition",),
    paths=("containerDefinitions",),
    references=("fsbp:ECS.8", "cdk-nag:ECS2", "trivy:AVD-AWS-0036", "aws-config:ECS_NO_ENVIRONMENT_SECRETS"),
    limits="Judged by the variable's name and by the forms of well-known credentials; the value is never shown.",
)
def container_environment(subject: Subject) -> Iterator[Problem]:
    for container in containers_in(subject):
        for variable in as_list(container.get("environment")):
            if not isinstance(variable, dict):
                continue
            name = variable.get("name")
            if isinstance(name, str) and _is_secret(name, variable.get("value")):
                owner = container.get("name") if isinstance(container.get("name"), str) else "a container"
                yield Problem("containerDefinitions", f"containerDefinitions: {owner} has a secret in variable {name}")


@rule(
    "lambda-function-no-secret-environment",
    control="SEC-02",
    pack="guardrails",
    title="Functions get no secrets by their environment",
    why="whoever may read a function's configuration reads its variables",
    fix="move the value to Secrets Manager and let the function fetch it by ARN",
    severity="critical",
    dev="mandatory",
    types=("lambda/function",),
    paths=("environment.variables",),
    references=("checkov:CKV_AWS_45", "prowler:awslambda_function_no_secrets_in_variables"),
    url="https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html",
    limits="Judged by the variable's name and by the forms of well-known credentials; the value is never shown.",
)
def function_environment(subject: Subject) -> Iterator[Problem]:
    variables = subject.value("environment.variables")
    for name, value in variables.items() if isinstance(variables, dict) else ():
        if value is UNKNOWN:
            subject.defer(f"environment.variables.{name}")
        elif _is_secret(name, value):
            yield Problem("environment.variables", f"environment.variables has a secret in variable {name}")


@rule(
    "apigateway-stage-no-secret-variables",
    control="SEC-03",
    pack="guardrails",
    title="API stages hold no secrets in their variables",
    why="stage variables are readable by everybody who may read the API, and are copied into logs",
    fix="move the value to Secrets Manager and let the integration's function fetch it by ARN",
    severity="high",
    dev="mandatory",
    types=("apigateway/stage", "apigatewayv2/stage"),
    paths=("variables", "apigatewayv2/stage · stageVariables"),
    references=("prowler:apigateway_restapi_no_secrets_in_stage_variables",),
    url="https://docs.aws.amazon.com/apigateway/latest/developerguide/stage-variables.html",
    limits="Judged by the variable's name and by the forms of well-known credentials; the value is never shown.",
)
def stage_variables(subject: Subject) -> Iterator[Problem]:
    path = "variables" if subject.resource.kind == "apigateway/stage" else "stageVariables"
    variables = subject.value(path)
    for name, value in variables.items() if isinstance(variables, dict) else ():
        if value is UNKNOWN:
            subject.defer(f"{path}.{name}")
        elif _is_secret(name, value):
            yield Problem(path, f"{path} has a secret in variable {name}")


@rule(
    "secretsmanager-secret-policy-block-public",
    control="SEC-05",
    pack="guardrails",
    title="Policies of secrets are refused when they are public",
    why="without the check AWS accepts a policy that shows the secret to every account",
    fix="set block_public_policy to true",
    severity="high",
    dev="mandatory",
    types=("secretsmanager/secretPolicy",),
    paths=("blockPublicPolicy",),
    references=("prowler:secretsmanager_not_publicly_accessible",),
    url="https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html",
)
def block_public_policy(subject: Subject) -> Iterator[Problem]:
    if subject.flag("blockPublicPolicy") in (False, MISSING):
        yield subject.problem("blockPublicPolicy", "must be true")


@rule(
    "secretsmanager-secret-recovery-window",
    control="SEC-06",
    pack="guardrails",
    title="Deleted secrets can be recovered",
    why="a secret deleted by mistake is gone at once, with whatever it opens",
    fix="leave recovery_window_in_days out, or set it to 7 to 30",
    severity="medium",
    dev="disabled",
    types=("secretsmanager/secret",),
    paths=("recoveryWindowInDays",),
    url="https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html",
)
def recovery_window(subject: Subject) -> Iterator[Problem]:
    if subject.number("recoveryWindowInDays") == 0:
        yield subject.problem("recoveryWindowInDays", "deletion is immediate")
