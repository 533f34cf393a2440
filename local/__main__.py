"""`python -m local --env dev`: run on 127.0.0.1 what `make up` deployed, until Ctrl-C."""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console
from rich.text import Text

from local.errors import LocalError
from local.run import Options, Run, start
from local.seed import SEED
from local.state import Deployed
from local.tasks import end
from offline.files import write
from offline.project import PROJECT
from offline.workspace import HOME, Workspace

_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    began = time.monotonic()
    options, ready = _options(arguments)
    try:
        # The engine's export needs signals of the main thread, which the loop takes later.
        deployed = Deployed.load(options.workspace, options.env)
        return asyncio.run(_run(options, deployed, began, ready))
    except LocalError as problem:
        options.console.print(f"run: {problem}", highlight=False, markup=False, style="red", soft_wrap=True)
        return 1


def _options(arguments: list[str] | None) -> tuple[Options, Path | None]:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("--env", required=True, help="stack that `make up` deployed")
    parser.add_argument("--port", type=_port, default=8080, help="port of the store; 0 takes any free one")
    parser.add_argument("--page-port", type=_port, default=0, help="port of the status page; 0 takes any free one")
    parser.add_argument(
        "--longest-retry",
        type=float,
        metavar="SECONDS",
        help="bound of each wait before a retry by rules, pipes, mappings and queues (default: queues as deployed)",
    )
    parser.add_argument("--no-seed", action="store_true", help="put no records on the feeds")
    parser.add_argument("--home", type=Path, default=HOME, help="folder of the offline stacks (default: .offline)")
    parser.add_argument("--ready", type=Path, metavar="FILE", help="JSON file that is written once all runs: its URLs")
    given = parser.parse_args(arguments)
    options = Options(
        env=given.env,
        port=given.port,
        page_port=given.page_port,
        longest_retry_seconds=given.longest_retry,
        workspace=Workspace(project=PROJECT, home=given.home),
        seed=None if given.no_seed else SEED,
        console=Console(stderr=True),
    )
    return options, given.ready


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"a port must be a number from 0 to 65535, not {text!r}")
    return int(text)


async def _run(options: Options, deployed: Deployed, began: float, ready: Path | None) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, _interrupted, stop)
    options.console.print(
        f"run: starting the services of stack {options.env} and an AWS for them; about half a minute", style="dim"
    )
    async with AsyncExitStack() as parts:
        starting = asyncio.create_task(start(options, deployed, parts))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            await end([starting])
            return _INTERRUPTED
        run = await starting
        _tell_ready(options.console, run, time.monotonic() - began)
        if ready:
            write(ready, json.dumps({"urls": run.front.urls, "page": run.page_url}))
        gone = asyncio.create_task(run.context.cloud.ended())
        await asyncio.wait({stopping, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            raise LocalError(
                f"the emulator of AWS has ended (exit code {gone.result()}), and its data with it: run again"
            )
        options.console.print("run: ending", style="dim")
    return 0


def _interrupted(stop: asyncio.Event) -> None:
    if stop.is_set():
        # Asked twice: children end with this process.
        os._exit(_INTERRUPTED)
    stop.set()


def _tell_ready(console: Console, run: Run, seconds: float) -> None:
    console.rule(
        f"{run.context.deployed.name} runs, ready in {seconds:.1f} s. Ctrl-C ends it", style="green", align="left"
    )
    urls = {**run.front.urls, "status page": run.page_url}
    told = [(name.replace("_", " "), url, "bold cyan") for name, url in urls.items()]
    told += [
        (task.label, f"does not run: {task.state}", "yellow") for task in run.context.processes if not task.is_running
    ]
    told += [(name, "does not run: its source is not emulated", "yellow") for name in run.loops.not_emulated]
    functions = run.context.functions
    changed = sorted({name for function in functions for name in functions.changed(function)})
    if changed:
        told.append(("changed files", f"run, though they are not what was deployed: {', '.join(changed)}", "yellow"))
    width = max(len(name) for name, *_ in told) + 1
    for name, what, style in told:
        # One line each, so that a URL can be copied.
        console.print(Text(f"{name:<{width}}").append(what, style), soft_wrap=True)
    console.rule(style="green")


if __name__ == "__main__":
    sys.exit(main())
