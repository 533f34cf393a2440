"""The state of the dev stack as the program makes it, and an account that runs from it."""

import asyncio
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from pulumi import AssetArchive, FileAsset

from local.state import Deployed
from tests.local.account import Account, started
from tests.local.front.parts import entries_of
from tests.program_under_mocks import PROJECT, store

_VERSION = "6f1b3c1e-0f8e-4d0e-9f0a-0c5a2f6f6d11"
_RULE = "aws:cloudwatch/eventRule:EventRule"
_LETTERS = "-0a1b2c3"


def _with_cms(config: dict[str, Any]) -> None:
    """The CMS's secret has a value, so that it receives events."""
    config["web-store:third_parties"]["parties"]["cms"]["events"]["auth"]["secret"] = {"version_id": _VERSION}


@pytest.fixture(scope="session")
def deployed() -> Deployed:
    return state_of(_with_cms)


def state_of(change: Callable[[dict[str, Any]], None]) -> Deployed:
    """The state of the dev stack with a changed stack file."""
    entries = entries_of(store("dev", change))
    for entry in entries:
        code = entry.get("inputs", {}).get("code")
        if isinstance(code, AssetArchive):
            entry["inputs"] = {**entry["inputs"], "code": {"assets": dict(map(_asset, code.assets.items()))}}
    entries[0]["outputs"] |= _exports(entries)
    return Deployed(_with_letters(entries))


def _with_letters(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries with the letters that the engine makes up in names of rules: policies of queues wait for them."""
    rules = [entry["outputs"] for entry in entries if entry["type"] == _RULE]
    # In a policy that names rules by a pattern the name goes on with a hyphen.
    arns = re.compile(rf"({'|'.join(re.escape(rule['arn']) for rule in rules)})(?![\w-])")
    named_by = {_RULE: "name", "aws:cloudwatch/eventTarget:EventTarget": "rule"}

    def changed(value: Any) -> Any:
        match value:
            case dict():
                return {name: changed(part) for name, part in value.items()}
            case list():
                return [changed(part) for part in value]
            case str():
                return arns.sub(rf"\1{_LETTERS}", value)
            case _:
                return value

    made = [{**entry, **{part: changed(entry.get(part, {})) for part in ("inputs", "outputs")}} for entry in entries]
    for entry in made:
        if key := named_by.get(entry["type"]):
            entry["outputs"][key] += _LETTERS
    return made


def _exports(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Outputs of the stack that the run reads; the recorder keeps none."""
    made = [entry for entry in entries if "id" in entry]
    (bus,) = (entry["outputs"]["name"] for entry in made if entry["type"] == "aws:cloudwatch/eventBus:EventBus")
    streams = [entry["outputs"]["name"] for entry in made if entry["type"] == "aws:kinesis/stream:Stream"]
    return {"events_bus_name": bus, **{f"{name.replace('-', '_')}_name": name for name in streams}}


def _asset(item: tuple[str, Any]) -> tuple[str, dict[str, str]]:
    name, asset = item
    assert isinstance(asset, FileAsset)
    content = (PROJECT / asset.path).read_bytes()
    return name, {"path": str(asset.path), "hash": hashlib.sha256(content).hexdigest()}


@pytest.fixture(scope="session")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="session")
def _running(deployed: Deployed, loop: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    parts = AsyncExitStack()
    folder: Path = tmp_path_factory.mktemp("account")
    yield loop.run(started(deployed, folder, parts))
    loop.run(parts.aclose())


@pytest.fixture(scope="module")
def account(_running: Account, loop: asyncio.Runner) -> Iterator[Account]:
    """Data, functions and bus of the stack, with a judge that allows what it is not told to deny."""
    yield _running
    loop.run(_running.empty())
