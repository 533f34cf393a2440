"""An AWS account in memory: moto, and answers of our own where moto has none or a test wants another."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.session import Session
from botocore.validate import validate_parameters

from doctor.account import Account
from doctor.checks import CHECKS, answers
from doctor.program import Program
from doctor.result import Finding
from offline.recorder import Registered
from settings.loader import parse
from settings.store import StoreSettings
from tests.stack_files import stack_file

Answer = Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any]] | Exception
Key = tuple[str, str]
"""Service and operation: `("service-quotas", "GetServiceQuota")`."""
ACCOUNT = "111111111111"


class Refused(Exception):
    """An error of AWS."""

    def __init__(self, code: str, status: int = 400) -> None:
        self.code, self.status = code, status


DENIED = Refused("AccessDeniedException", 403)
DEPLOYER = {"Account": ACCOUNT, "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/alice", "UserId": "AROAEXAMPLE"}


@dataclass
class Cloud:
    """boto3 checks requests, and we the answers, against the service's model."""

    answers: dict[Key, Answer] = field(default_factory=dict)
    asked: list[Key] = field(default_factory=list)
    denied: bool = False
    """Refuse everything but the caller's identity."""
    _parameters: dict[str, Any] = field(default_factory=dict)

    def session(self) -> boto3.Session:
        core = Session()
        core.register("before-parameter-build.*.*", self._remember)
        core.register("before-call.*.*", self._answer)
        return boto3.Session("AKIDEXAMPLE", "secret", region_name="eu-west-1", botocore_session=core)

    def _remember(self, params: dict[str, Any], **_: Any) -> None:
        self._parameters = params

    def _answer(self, model: Any, **_: Any) -> Any:
        key = (model.service_model.service_name, model.name)
        self.asked.append(key)
        answer = self.answers.get(key, DEPLOYER if key == ("sts", "GetCallerIdentity") else None)
        if self.denied and key[0] != "sts":
            answer = DENIED
        if answer is None:
            return None  # moto answers
        try:
            if callable(answer):
                answer = answer(self._parameters)
            if isinstance(answer, Exception):
                raise answer
        except Refused as error:
            body = {"Error": {"Code": error.code, "Message": "as the test wants it"}, "ResponseMetadata": {}}
            return AWSResponse("", error.status, {}, None), body
        validate_parameters(answer, model.output_shape)
        return AWSResponse("", 200, {}, None), {**answer, "ResponseMetadata": {"HTTPStatusCode": 200}}


def settings(change: Callable[[dict[str, Any]], object] = lambda _: None) -> StoreSettings:
    """Settings of dev; `change` edits the stack file's `config` before."""
    config = stack_file("dev")
    change(config)
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    return parse(texts, stack="dev")


def made(type_: str, name: str = "thing", /, *, outputs: Mapping[str, Any] | None = None, **inputs: Any) -> Registered:
    """One resource of the program: `made("ec2/eip:Eip")`."""
    given = {"name": name, "arn": f"arn:aws:x:eu-west-1:{ACCOUNT}:{name}", **(outputs or {})}
    return Registered(type=f"aws:{type_}", name=name, inputs=inputs, outputs=given, id=name, urn=f"urn::{name}")


def program(
    *resources: Registered, change: Callable[[dict[str, Any]], object] = lambda _: None, stack: str = "dev"
) -> Program:
    return Program(stack, settings(change), resources)


def findings(name: str, of: Program, cloud: Cloud) -> list[Finding]:
    """What one check finds, as the doctor runs it."""
    check = next(check for check in CHECKS if check.name == name)
    account = Account(of.settings.environment, cloud.session())
    return [finding for answer in answers(of, account, [check]) for finding in answer.findings]


def one(found: list[Finding]) -> Finding:
    assert len(found) == 1, found
    return found[0]


def statuses(found: list[Finding]) -> list[str]:
    return [finding.status.name for finding in found]
