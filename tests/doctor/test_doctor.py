"""The doctor as a whole: no permission, no credentials, no stack, its tables, JSON and exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from rich.console import Console

from doctor.account import Account, UnseenError
from doctor.checks import CHECKS, answers
from doctor.program import Program
from doctor.report import exit_code, show
from doctor.result import Answer, Check, Finding, Status, Step, later, missing, ok, unseen
from tests.doctor.cloud import Cloud, Refused, made, program
from tests.program_under_mocks import PROJECT


@pytest.fixture
def _no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a test goes out to a public registry or name server."""
    monkeypatch.setattr("doctor.checks.images._from_registry", _unreachable)
    monkeypatch.setattr("dns.resolver.resolve", _unreachable)


def _unreachable(*_: object, **__: object) -> None:
    raise UnseenError("no connection")


def _rich_program() -> Program:
    """Something for every check to look at."""
    policy = '{"Statement": [{"Principal": {"AWS": "arn:aws:iam::111111111111:role/partner"}}]}'
    layer = "arn:aws:lambda:eu-west-1:017000801446:layer:tools:1"
    image = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/store/x:1"
    return program(
        made("cloudfront/distribution:Distribution"),
        made("lambda/function:Function", layers=[layer], reservedConcurrentExecutions=1.0),
        made("cloudwatch/logResourcePolicy:LogResourcePolicy", policyName="ours"),
        made("cloudwatch/logGroup:LogGroup", name="fixed"),
        made("cognito/userPoolDomain:UserPoolDomain", domain="prefix"),
        made("route53/zone:Zone"),
        made("ec2/eip:Eip"),
        made("iam/role:Role", "app-x", assumeRolePolicy=policy),
        made("ecs/taskDefinition:TaskDefinition", containerDefinitions=json.dumps([{"image": image}]), cpu="256"),
        change=_with_ses_and_a_secret,
    )


def _with_ses_and_a_secret(config: dict[str, Any]) -> None:
    secret = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:store/cms-Ab12Cd"
    config["web-store:third_parties"]["parties"]["cms"]["events"]["auth"]["secret"] = {"arn": secret}
    config["web-store:identity"]["email"] = {
        "kind": "ses",
        "identity_arn": "arn:aws:ses:eu-west-1:111111111111:identity/dev.store.example.com",
        "from_address": "no-reply@dev.store.example.com",
    }


_LOOKS_AT_SETTINGS_FIRST = {"backend", "secrets-provider"}


_ASK_NOBODY = {"services"}
_ASKING = [check for check in CHECKS if check.name not in _ASK_NOBODY]


@pytest.mark.usefixtures("_no_registry")
@pytest.mark.parametrize("check", _ASKING, ids=lambda check: check.name)
def test_without_permission_each_check_says_which_action_it_lacks(check: Check) -> None:
    of = _rich_program()
    cloud = Cloud(denied=True)
    found = [
        f for answer in answers(of, Account(of.settings.environment, cloud.session()), [check]) for f in answer.findings
    ]
    assert found
    if check.name == "account":
        assert {finding.status for finding in found} == {Status.OK}
        return
    assert {finding.status for finding in found} == {Status.UNSEEN}, found
    if check.name not in _LOOKS_AT_SETTINGS_FIRST:
        assert all("is not allowed to these credentials" in finding.found for finding in found)


@pytest.mark.usefixtures("_no_registry")
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NoCredentialsError(), "no AWS credentials"),
        (EndpointConnectionError(endpoint_url="https://sts"), "no connection to AWS"),
        (Refused("ExpiredToken", 403), "AWS refuses the credentials (ExpiredToken): sign in again"),
        (Refused("InvalidClientTokenId", 403), "AWS refuses the credentials"),
        (Refused("InternalFailure", 500), "failed: InternalFailure"),
    ],
)
def test_without_usable_credentials_nothing_is_guessed(error: Exception, words: str) -> None:
    of = _rich_program()
    cloud = Cloud({("sts", "GetCallerIdentity"): error})
    found = [
        f
        for answer in answers(of, Account(of.settings.environment, cloud.session()))
        if answer.check.name not in _ASK_NOBODY
        for f in answer.findings
    ]
    assert {finding.status for finding in found} == {Status.UNSEEN}
    assert any(words in finding.found for finding in found)
    # The chain of credentials is searched once, not by every check.
    assert cloud.asked.count(("sts", "GetCallerIdentity")) <= 4


def test_the_role_of_the_settings_is_assumed() -> None:
    role = "arn:aws:iam::111111111111:role/deployer"
    of = program(change=lambda config: config["web-store:environment"].update(assume_role_arn=role))
    cloud = Cloud({("sts", "AssumeRole"): Refused("AccessDenied", 403)})
    with pytest.raises(UnseenError, match=f"sts:AssumeRole of {role} is not allowed"):
        Account(of.settings.environment, cloud.session()).call("ec2", "describe_regions")


def _answer(*found: Finding) -> Answer:
    return Answer(CHECKS[0], found)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([ok("a", "fine")], 0),
        ([ok("a", "fine"), later("b", "then", "do")], 0),
        ([ok("a", "fine"), unseen("b", "dark")], 3),
        ([missing("a", "none", "do"), unseen("b", "dark")], 1),
    ],
)
def test_the_exit_code_tells_missing_from_unseen(found: list[Finding], code: int) -> None:
    assert exit_code([_answer(*found)]) == code


def test_what_is_missing_comes_first_and_commands_can_be_copied() -> None:
    command = "aws service-quotas request-service-quota-increase --region eu-west-1 --service-code fargate " + "x" * 80
    console = Console(width=80, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    show(
        console,
        [_answer(ok("well", "[fine]"), missing("quota", "6", command), unseen("dark", "no"), unseen("d2", "no"))],
    )
    text = console.export_text()
    assert text.index("missing: 1") < text.index("could not look: 2") < text.index("ok: 1")
    assert f"\n    {command}\n" in text
    assert "[fine]" in text
    assert "as above" in text
    assert "1 missing, 2 could not look, 0 during the first up, 1 ok" in text


def test_checks_are_in_the_order_of_the_steps_and_have_names_of_their_own() -> None:
    steps = [list(Step).index(check.step) for check in CHECKS]
    assert steps == sorted(steps)
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert {check.step for check in CHECKS} == set(Step)


# As a program. No credentials, and a proxy on a closed port, so that nothing leaves this machine.


def _run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "PULUMI_"))}
    closed = "http://127.0.0.1:9"
    environment = {**kept, "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent", "HTTPS_PROXY": closed}
    environment |= {"AWS_ENDPOINT_URL": closed, **variables}
    command = [sys.executable, "-m", "doctor", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def without_credentials(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """On a machine that has Docker with buildx."""
    docker = tmp_path_factory.mktemp("bin") / "docker"
    docker.write_text("#!/bin/sh\n")
    docker.chmod(0o755)
    return _run("--env", "dev", "--json", PATH=f"{docker.parent}:{os.environ['PATH']}")


def test_without_credentials_the_exit_code_is_3_and_duration_and_price_are_told(
    without_credentials: subprocess.CompletedProcess[str],
) -> None:
    assert without_credentials.returncode == 3, without_credentials.stderr
    told = json.loads(without_credentials.stdout)
    assert (told["stack"], told["exit_code"]) == ("dev", 3)
    assert {check["check"] for check in told["checks"]} == {check.name for check in CHECKS}
    assert told["first_update"]["minutes"] > 10
    assert told["idle_price"]["usd_a_month"] > 100
    quotas = next(check for check in told["checks"] if check["check"] == "quotas")
    assert any("the stack asks for" in finding["found"] for finding in quotas["findings"])


def test_a_stack_without_a_file_is_told_with_those_that_have_one() -> None:
    done = _run("--env", "nowhere")
    assert done.returncode == 2
    assert "error: there is no stack file Pulumi.nowhere.yaml. Stacks: dev" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_policy_is_written_as_files(tmp_path: Path) -> None:
    done = _run("policy", "--env", "dev", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    documents = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("*.json"))]
    assert documents
    assert {document["Version"] for document in documents} == {"2012-10-17"}
