"""`python -m doctor [check|policy] --env ENV`: what a stack needs before `pulumi up`, and its deployer's policy."""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from doctor.account import Account
from doctor.checks import CHECKS, answers
from doctor.duration import duration
from doctor.policy import POLICY_CHARACTERS, policies, size, unknown_types
from doctor.price import UnknownPriceError, bill
from doctor.program import DoctorError, Program, program_of
from doctor.report import as_json, exit_code, show, show_outlook
from doctor.result import Answer
from settings.problems import UnusableError

_CANNOT_RUN = 2


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m doctor",
        description="What a stack needs before `pulumi up`. Exit code 0: nothing is missing; 1: something is; 2: the "
        "doctor cannot run; 3: nothing seen is missing, but not everything could be looked at.",
    )
    parser.add_argument("command", choices=("check", "policy"), nargs="?", default="check")
    parser.add_argument("--env", default="dev", help="stack to look at (default: dev)")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--out", type=Path, default=Path("dist/deploy-policy"), help="folder of `policy`")
    arguments = parser.parse_args()
    errors = Console(stderr=True)
    try:
        with _waiting(errors, f"running the program of {arguments.env} ..."):
            program = program_of(arguments.env)
        if arguments.command == "policy":
            return _write_policy(program, arguments.out, Console())
        return _check(program, json_wanted=arguments.json, errors=errors)
    except (DoctorError, UnusableError, UnknownPriceError) as problem:
        errors.print(f"error: {problem}", markup=False, highlight=False, soft_wrap=True)
        return _CANNOT_RUN
    except KeyboardInterrupt:
        errors.print("interrupted; nothing has been changed")
        return 130


def _check(program: Program, *, json_wanted: bool, errors: Console) -> int:
    account = Account(program.settings.environment)
    found: list[Answer] = []
    with _waiting(errors, "") as progress:
        task = progress.add_task("", total=len(CHECKS))
        for answer in answers(program, account):
            found.append(answer)
            progress.update(task, advance=1, description=f"{answer.check.step.value}: {answer.check.name}")
    if json_wanted:
        sys.stdout.write(as_json(program, found, duration(program), bill(program)) + "\n")
    else:
        console = Console()
        show(console, found)
        show_outlook(console, duration(program), bill(program))
    return exit_code(found)


def _waiting(console: Console, what: str) -> Progress:
    progress = Progress(SpinnerColumn(), TextColumn("{task.description}"), console=console, transient=True)
    if what:
        progress.add_task(what, total=None)
    return progress


def _write_policy(program: Program, folder: Path, console: Console) -> int:
    unknown = unknown_types(program)
    if unknown:
        raise DoctorError(f"no actions are recorded for {', '.join(unknown)}: teach doctor/facts/renew.py, and run it")
    folder.mkdir(parents=True, exist_ok=True)
    for policy in policies(program):
        path = folder / f"{policy.name}.json"
        path.write_text(json.dumps(policy.document, indent=2) + "\n", encoding="utf-8")
        taken = size(policy.statements)
        console.print(f"{path}: {taken} of {POLICY_CHARACTERS} characters", highlight=False, soft_wrap=True)
    console.print(
        "Attach all of them to the deployer's role: aws iam create-policy --policy-name <name> --policy-document "
        "file://<path>, then aws iam attach-role-policy.",
        highlight=False,
        soft_wrap=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
