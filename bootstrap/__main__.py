"""`python -m bootstrap --env ENV`: make the bucket of the state, its key and the deployer's role."""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError
from rich.console import Console
from rich.table import Table

from bootstrap.stack import Plan, Stack, StackError
from bootstrap.template import ISSUER, Repository, template, text
from doctor.program import PROJECT, DoctorError, Program, program_of
from settings.problems import UnusableError

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_CANNOT_RUN = 2


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bootstrap",
        description="Make the bucket of Pulumi's state, its key and the role of the workflow `deploy`, as a "
        "CloudFormation stack. Exit code 0: made, nothing to change, or the answer was no; 1: AWS refused; 2: nothing "
        "could be asked.",
    )
    parser.add_argument("--env", default="dev", help="stack whose state is kept (default: dev)")
    parser.add_argument("--repository", default="", help="owner/name on GitHub (default: that of the remote `origin`)")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--template", action="store_true", help="print the template and make nothing")
    arguments = parser.parse_args()
    console = Console(stderr=True)
    try:
        repository = _repository(arguments.repository)
        program = program_of(arguments.env)
        if arguments.template:
            made = template(program, Repository(repository, makes_provider=True) if repository else None)
            sys.stdout.write(json.dumps(made, indent=2) + "\n")
            return 0
        bootstrap(program, repository, boto3.Session(), console, agreed=arguments.yes)
    except (DoctorError, UnusableError) as problem:
        return _said(console, str(problem), _CANNOT_RUN)
    except (NoCredentialsError, NoRegionError) as problem:
        return _said(console, f"{problem}: sign in to the account, for example `export AWS_PROFILE=...`", _CANNOT_RUN)
    except (StackError, BotoCoreError, ClientError) as problem:
        return _said(console, str(problem), 1)
    except KeyboardInterrupt:
        return _said(console, "interrupted; the same command goes on", 130)
    return 0


def bootstrap(program: Program, repository: str, session: boto3.Session, console: Console, *, agreed: bool) -> None:
    """Plan, ask, make. A second run changes nothing.

    Args:
        repository: `owner/name` on GitHub; empty for no role.
        agreed: Do not ask.

    Raises:
        DoctorError: the credentials are of another account, or the role would go.
        StackError: CloudFormation refused or rolled back.
    """
    environment = program.settings.environment
    caller = session.client("sts", region_name=environment.region).get_caller_identity()["Account"]
    if caller != environment.account_id:
        raise DoctorError(
            f"the credentials must be of account {environment.account_id} (`environment.account_id` of "
            f"Pulumi.{program.stack}.yaml), and are of {caller}"
        )
    stack = Stack(
        session.client("cloudformation", region_name=environment.region), f"web-store-bootstrap-{environment.name}"
    )
    if not repository and stack.has("DeployRole"):
        raise DoctorError(
            f"the repository must be given (REPOSITORY=owner/name): {stack.name} has a role, which would go"
        )
    makes_provider = stack.has("GitHub") or not _has_provider(session.client("iam"))
    made = template(program, Repository(repository, makes_provider=makes_provider) if repository else None)
    # With the stack's own `environment` the doctor would count bucket and key as parts of the store.
    plan = stack.plan(text(made), {**environment.tags, "environment": f"{environment.name}-bootstrap"})
    if plan is None:
        _print(console, f"{stack.name}: nothing to change")
    else:
        _show(plan, stack.name, console)
        if not (agreed or _agrees(console)):
            stack.forget(plan)
            _print(console, "nothing has been changed")
            return
        stack.execute(plan)
    _tell(program, stack.outputs(), repository, console)


def _repository(given: str) -> str:
    """
    Raises:
        DoctorError: it has another form.
    """
    repository = given or _origin()
    if repository and not _REPOSITORY.fullmatch(repository):
        raise DoctorError(f"the repository must be `owner/name`, as in REPOSITORY=example/web-store, and is {given!r}")
    return repository


def _origin() -> str:
    """`owner/name` of the remote `origin`; empty unless it is on GitHub."""
    command = ["git", "-C", str(PROJECT), "remote", "get-url", "origin"]
    url = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    found = re.search(r"github\.com[:/]([\w.-]+/[\w.-]+?)(\.git)?/?$", url)
    return found[1] if found else ""


def _has_provider(iam: Any) -> bool:
    providers = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    return any(provider["Arn"].endswith(f"/{ISSUER}") for provider in providers)


def _agrees(console: Console) -> bool:
    try:
        return console.input("Make these changes? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        _print(console, "\nnobody answers; YES=1 agrees beforehand")
        return False


def _show(plan: Plan, name: str, console: Console) -> None:
    table = Table("change", "resource", "type", "replaced", title=f"CloudFormation stack {name}", title_justify="left")
    for change in plan.changes:
        table.add_row(change.action, change.name, change.type, change.replacement)
    console.print(table)


def _tell(program: Program, outputs: Mapping[str, str], repository: str, console: Console) -> None:
    """What to do with what has been made."""
    stack = program.stack
    lines = [
        "Pulumi's backend and secrets provider; commit the lines that `stack init` writes into the stack file:",
        f"  pulumi login '{outputs['BackendUrl']}'",
        f"  pulumi stack init {stack} --secrets-provider '{outputs['SecretsProvider']}'",
    ]
    if repository:
        variables = {
            "AWS_REGION": program.home,
            "PULUMI_BACKEND_URL": outputs["BackendUrl"],
            "PULUMI_SECRETS_PROVIDER": outputs["SecretsProvider"],
        }
        for environment, role, use in (
            (stack, "DeployRole", "deploys, and holds the approval rule"),
            (f"{stack}-preview", "PreviewRole", "previews, without approval"),
        ):
            lines.append(f"Variables of the GitHub environment {environment}, which {use}:")
            lines += [
                f"  gh variable set {key} --repo {repository} --env {environment} --body '{value}'"
                for key, value in {"AWS_ROLE_ARN": outputs[role], **variables}.items()
            ]
    else:
        lines.append("No role was made: the remote `origin` is not on GitHub. REPOSITORY=owner/name makes one.")
    _print(console, "\n".join(lines))


def _said(console: Console, problem: str, code: int) -> int:
    _print(console, f"error: {problem}")
    return code


def _print(console: Console, words: str) -> None:
    console.print(words, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
