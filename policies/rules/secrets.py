"""Secrets: none in environments and variables; policies and deletion of secrets."""

import fnmatch
import re
from collections.abc import Iterator
from typing import Any

from policies.library.documents import parse
from policies.library.folded import fold
from policies.library.rules import Problem, Setting, Subject, rule
from policies.library.values import MISSING, UNKNOWN, as_list, read

_NAME = re.compile(
    r"(?:^|[_.-])(?:PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|SECRET|TOKEN|(?:API|PRIVATE|ACCESS|SECRET)_?KEY|CREDENTIALS?"
    r"|SECRET_KEY_BASE)$",
    re.I,
)
_CAMEL_NAME = re.compile(r"[a-z0-9](?:Password|Passphrase|Secret|Token|(?:Api|Private|Access|Secret)Key|Credentials?)$")
_VALUE = re.compile(
    r"A[KS]IA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----|gh[pousr]_[A-Za-z0-9]{36}|glpat-[\w-]{20}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|AIza[\w-]{35}"
    r"|[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s:@]{3,}@"
)
_POINTER = re.compile(
    r"arn:aws[a-z-]*:.*|\{\{resolve:.*|\$\{?\w.*|/.*|[a-z][a-z0-9+.-]*://.*|[a-z0-9_.-]+(?:/[a-z0-9_.-]+)+|\d+"
    r"|(?i:true|false|yes|no|on|off|none|null|enabled|disabled|required|optional)",
    re.S,
)


def _is_secret(name: str, value: Any) -> bool:
    """Whether a variable looks like secret material; ARNs, addresses, paths and flags only point to it."""
    if not isinstance(value, str) or not value:
        return False
    named = _NAME.search(name) or _CAMEL_NAME.search(name)
    return bool(_VALUE.search(value)) or (bool(named) and not _POINTER.fullmatch(value))


def containers_in(subject: Subject) -> list[Any]:
    """Containers of a task definition, given as JSON or as a list; their members in any case, as ECS takes them."""
    value = parse(subject.value("containerDefinitions"))
    if value is UNKNOWN:
        subject.defer("containerDefinitions")
    return [fold(item) for item in as_list(value) if isinstance(item, dict)]


@rule(
    "ecs-task-definition-no-secret-environment",
    control="SEC-01",
    pack="guardrails",
    title="Containers get no secrets by their environment",
    why="task definitions are readable by many, kept for ever, and copied into logs and consoles",
    fix="move the value to Secrets Manager and name its ARN in secrets[].valueFrom of the container",
    severity="critical",
    dev="mandatory",
    kinds=("ecs/taskDefinition",),
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
    kinds=("lambda/function",),
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
    kinds=("apigateway/stage", "apigatewayv2/stage"),
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
    kinds=("secretsmanager/secretPolicy",),
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
    kinds=("secretsmanager/secret",),
    paths=("recoveryWindowInDays",),
    url="https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html",
)
def recovery_window(subject: Subject) -> Iterator[Problem]:
    if subject.number("recoveryWindowInDays") == 0:
        yield subject.problem("recoveryWindowInDays", "deletion is immediate")


@rule(
    "secretsmanager-secret-rotates",
    control="SEC-04",
    pack="guardrails",
    title="Passwords in Secrets Manager rotate",
    why="a password that leaked once opens the door until somebody changes it",
    fix="add a secretsmanager.SecretRotation with rotation_rules of at most the days of the profile",
    severity="medium",
    dev="disabled",
    kinds=("secretsmanager/secret", "secretsmanager/secretRotation"),
    paths=("secretsmanager/secretRotation · secretId", "secretsmanager/secretRotation · rotationRules"),
    stack_kinds=("*",),
    references=("fsbp:SecretsManager.1", "fsbp:SecretsManager.4", "cdk-nag:SMG4", "checkov:CKV2_AWS_57"),
    settings={
        "secrets": Setting(
            ["*password*", "*credentials*", "*database*", "*master-user*"],
            {"type": "array", "items": {"type": "string"}},
            "Secrets (globs over resource and secret name) that can be rotated, and must be.",
        ),
        "days": Setting(90, {"type": "integer", "minimum": 1}, "Most days between rotations."),
    },
    limits="Keys that third parties give out cannot rotate by themselves. Schedules by cron are not judged.",
)
def rotates(subject: Subject) -> Iterator[Problem]:
    if subject.resource.kind == "secretsmanager/secretRotation":
        days = subject.number("rotationRules.automaticallyAfterDays")
        rate = subject.text("rotationRules.scheduleExpression")
        stated = re.fullmatch(r"rate\((\d+) days?\)", rate) if isinstance(rate, str) else None
        days = float(stated[1]) if stated else days
        if isinstance(days, float) and days > subject.config["days"]:
            yield subject.problem("rotationRules", f"{int(days)} days: must be at most {int(subject.config['days'])}")
        return
    names = (subject.resource.name, subject.text("name"))
    if not any(
        isinstance(name, str) and fnmatch.fnmatch(name.lower(), glob.lower())
        for name in names
        for glob in subject.config["secrets"]
    ):
        return
    if not subject.stack.pointing_at(subject.resource, "secretsmanager/secretRotation", "secretId"):
        yield Problem("secretRotation", "no secretsmanager.SecretRotation has this secret")


@rule(
    "ssm-parameter-secure",
    control="SEC-07",
    pack="guardrails",
    title="Parameters that hold secrets are SecureString under a customer key",
    why="a String is readable by whoever may list parameters, and the key of AWS admits the whole account",
    fix="set type SecureString and key_id of a customer key",
    severity="medium",
    dev="advisory",
    kinds=("ssm/parameter",),
    paths=("type", "keyId", "insecureValue"),
    references=("checkov:CKV2_AWS_34", "checkov:CKV_AWS_337"),
    url="https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html",
    limits="A String is judged by the parameter's name and the form of its value; the value is never shown.",
)
def secure_parameter(subject: Subject) -> Iterator[Problem]:
    kind = subject.text("type")
    if kind == "SecureString":
        if subject.lacks_customer_key("keyId"):
            yield subject.problem("keyId", "names no customer key")
    elif kind is not UNKNOWN:
        name = subject.text("name")
        called = name.rstrip("/").rsplit("/", 1)[-1] if isinstance(name, str) else subject.resource.name
        values = [read(subject.resource.props, path) for path in ("value", "insecureValue")]
        if UNKNOWN in values:
            subject.defer("value")
        elif any(_is_secret(called, value) for value in values):
            yield subject.problem("type", "it holds a secret: must be SecureString")
