"""The generated reader that other teams copy."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from contract import CONTRACT, CONTRACT_VERSION
from offline.workspace import PROJECT

STACK = "organization/web-store/prod"


def read(monkeypatch: pytest.MonkeyPatch, outputs: dict[str, Any], key: str) -> Any:
    """The value of an output, as a program gets it from a stack with these outputs."""
    monkeypatch.syspath_prepend(str(PROJECT / "examples" / "consumer"))
    import web_store

    def reference(_: str) -> Any:
        return SimpleNamespace(get_output=lambda name: pulumi.Output.from_input(outputs.get(name)))

    async def value() -> Any:
        monkeypatch.setattr(web_store.pulumi, "StackReference", reference)
        return await getattr(web_store.WebStore(STACK), key).future()

    return asyncio.run(value())


LATER = next(entry for entry in CONTRACT if entry.since != "1.0.0" and not entry.optional)
OPTIONAL = next(entry for entry in CONTRACT if entry.optional)


@pytest.mark.parametrize(
    ("outputs", "key", "message"),
    [
        (
            {"contract_version": "2.0.0", "store_url": "https://shop.example.com"},
            "store_url",
            rf"{STACK} publishes contract version 2\.0\.0; this reader knows {CONTRACT_VERSION}: copy the current one",
        ),
        (
            {"contract_version": "1.0.0"},
            LATER.key,
            rf"{STACK} publishes contract version 1\.0\.0; `{LATER.key}` came with {LATER.since}: update it first",
        ),
        (
            {"contract_version": CONTRACT_VERSION},
            "store_url",
            rf"{STACK} lacks the output `store_url` of contract version {CONTRACT_VERSION}: update it",
        ),
        ({"some": "thing"}, "store_url", rf"{STACK} publishes no contract_version: is it a stack of the web store\?"),
    ],
)
def test_what_a_store_does_not_publish_is_told_with_its_version(
    monkeypatch: pytest.MonkeyPatch, outputs: dict[str, Any], key: str, message: str
) -> None:
    with pytest.raises(pulumi.RunError, match=message):
        read(monkeypatch, outputs, key)


@pytest.mark.parametrize("version", ["1.99.0", CONTRACT_VERSION])
def test_outputs_of_the_same_and_later_versions_are_read(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    assert read(monkeypatch, {"contract_version": version, LATER.key: "it"}, LATER.key) == "it"
    assert read(monkeypatch, {"contract_version": version}, OPTIONAL.key) is None
    assert read(monkeypatch, {"contract_version": version}, "contract_version") == version
