"""Parts of the run as the front sees them: a state of the whole program, and stand-ins for core and IAM."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from local.front import pool_accounts
from local.front.pool_tokens import new_key
from local.journal import Journal
from local.state import Deployed
from tests.local.front.parts import entries_of
from tests.local.front.pool_browser import Browser, Domain
from tests.program_under_mocks import store


@pytest.fixture(scope="session")
def entries() -> list[dict[str, Any]]:
    """The dev stack's resources, as a checkpoint has them."""
    return entries_of(store("dev"))


@pytest.fixture(scope="session")
def dev(entries: list[dict[str, Any]]) -> Deployed:
    return Deployed(entries)


@pytest.fixture(scope="session")
def pickled(entries: list[dict[str, Any]]) -> bytes:
    """Copies of it are made sooner than deep copies."""
    return pickle.dumps(entries)


@pytest.fixture
def changed(pickled: bytes) -> Callable[[Callable[[dict[str, Any]], object]], Deployed]:
    """The dev stack with outputs that a function has edited: it gets `type`, `name` and `outputs` of each resource."""

    def make(edit: Callable[[dict[str, Any]], object]) -> Deployed:
        edited = pickle.loads(pickled)
        for entry in edited:
            edit(entry)
        return Deployed(edited)

    return make


@pytest.fixture
def journal(tmp_path: Path) -> Any:
    with Journal(tmp_path / "journal.jsonl") as journal:
        yield journal


@pytest.fixture(scope="session")
def key() -> RSAKey:
    """A signing key: a new one takes a while."""
    return new_key()


@pytest.fixture
def domain(dev: Deployed, journal: Journal, key: RSAKey, monkeypatch: pytest.MonkeyPatch) -> Domain:
    """The user pool's, with hashes that cost little."""
    monkeypatch.setattr(pool_accounts, "_SCRYPT", {"n": 2, "r": 1, "p": 1})
    return Domain(dev, journal, key)


@pytest.fixture
def browser(domain: Domain) -> Browser:
    return Browser(domain.pool())
