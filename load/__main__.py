"""`python -m load URL`: run Locust with the visitors of `load.visits`, bounded in rate and time."""

import argparse
import math
import os
import subprocess
import sys
from urllib.parse import urlsplit

from load import TASKS_A_SECOND

_MOST_A_SECOND = 500
_MOST_SECONDS = 3_600


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m load", description=__doc__)
    parser.add_argument("url", help="https://<domain> of the store")
    parser.add_argument("--env", default="dev", help="stack whose routes give the proportions (default: dev)")
    parser.add_argument(
        "--rate", type=float, default=20, help=f"tasks a second, {_MOST_A_SECOND} at most (default: 20)"
    )
    parser.add_argument("--seconds", type=int, default=60, help=f"duration, {_MOST_SECONDS} at most (default: 60)")
    parser.add_argument("--tokens", default="", help="file of access tokens of customers, one a line")
    arguments = parser.parse_args()
    if urlsplit(arguments.url).scheme not in ("http", "https"):
        parser.error(f"the URL must begin with https:// (or http://), and is {arguments.url!r}")
    if not 0 < arguments.rate <= _MOST_A_SECOND or not 0 < arguments.seconds <= _MOST_SECONDS:
        parser.error(f"--rate must be up to {_MOST_A_SECOND} a second, and --seconds up to {_MOST_SECONDS}")
    visitors = str(math.ceil(arguments.rate / TASKS_A_SECOND))
    command = [sys.executable, "-m", "locust", "--locustfile", "load/visits.py", "--host", arguments.url.rstrip("/")]
    command += ["--headless", "--users", visitors, "--spawn-rate", visitors, "--run-time", f"{arguments.seconds}s"]
    variables = {"LOAD_ENV": arguments.env, **({"LOAD_TOKENS": arguments.tokens} if arguments.tokens else {})}
    return subprocess.run([*command, "--only-summary"], env={**os.environ, **variables}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
