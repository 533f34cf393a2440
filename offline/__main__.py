"""`python -m offline COMMAND --env ENV`: Pulumi commands against offline AWS."""

import argparse
import re
import sys

from rich.markup import escape

from offline.commands import COMMANDS
from offline.console import OfflineError, console


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m offline", description="Pulumi on simulated AWS.")
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("--env", default="dev", type=_stack, help="stack to work on (default: dev)")
    arguments = parser.parse_args()
    try:
        return COMMANDS[arguments.command](arguments.env)
    except OfflineError as problem:
        console.print(f"[bold red]error:[/] {escape(str(problem))}", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; run the same command again to go on")
        return 130


def _stack(name: str) -> str:
    # https://www.pulumi.com/docs/iac/concepts/stacks/#create-stack
    if not re.fullmatch(r"[\w.-]{1,100}", name, re.ASCII):
        raise argparse.ArgumentTypeError(f"ENV is {name!r}, but must be the name of a stack, such as dev or prod")
    return name


if __name__ == "__main__":
    sys.exit(main())
