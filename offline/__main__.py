"""`python -m offline COMMAND --env ENV`: Pulumi commands against offline AWS."""

import argparse
import os
import re
import shlex
import sys
from pathlib import Path

from offline.commands import COMMANDS
from offline.console import console
from offline.errors import OfflineError
from offline.workspace import HOME


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m offline", description="Pulumi on simulated AWS.")
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("--env", default="dev", type=_stack, help="stack to work on (default: dev)")
    parser.add_argument("--args", default="", help="what `pulumi` is given, quoted as in a shell (command pulumi)")
    parser.add_argument("--project", default="", help="folder of another project (commands consumer, consumer-destroy)")
    given = parser.parse_args()
    # States, reports and what else a run writes are nobody else's.
    os.umask(0o077)
    try:
        project = Path(given.project).expanduser().resolve() if given.project else None
        further = {"pulumi": [_words(given.args)], "consumer": [project], "consumer-destroy": [project]}
        return COMMANDS[given.command](given.env, *further.get(given.command, ()))
    except OfflineError as problem:
        return _refused(str(problem))
    except OSError as problem:
        return _refused(
            f"{problem.filename or HOME}: {problem.strerror or problem}. The folder {HOME} and what is in it must be "
            "yours, and its disk must have space"
        )
    except KeyboardInterrupt:
        console.print("interrupted; run the same command again to go on")
        return 130


def _refused(why: str) -> int:
    console.print("[bold red]error:[/]", end=" ")
    console.print(why, highlight=False, markup=False)
    return 1


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as problem:
        raise OfflineError(f"ARGS is {text!r}, but must be words as in a shell: {problem}") from None


def _stack(name: str) -> str:
    # https://www.pulumi.com/docs/iac/concepts/stacks/#create-stack
    if not re.fullmatch(r"[\w.-]{1,100}", name, re.ASCII):
        raise argparse.ArgumentTypeError(f"ENV is {name!r}, but must be the name of a stack, such as dev or prod")
    return name


if __name__ == "__main__":
    sys.exit(main())
