"""`python -m offline COMMAND --env ENV`: Pulumi commands against offline AWS."""

import argparse
import sys

from offline.commands import COMMANDS
from offline.console import OfflineError, console


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m offline", description="Pulumi on simulated AWS.")
    parser.add_argument("command", choices=sorted(COMMANDS))
    parser.add_argument("--env", default="dev", help="stack to work on (default: dev)")
    arguments = parser.parse_args()
    try:
        return COMMANDS[arguments.command](arguments.env)
    except OfflineError as problem:
        console.print(f"[bold red]error:[/] {problem}", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; run the same command again to go on")
        return 130


if __name__ == "__main__":
    sys.exit(main())
