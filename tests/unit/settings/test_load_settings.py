"""How the program ends when its settings cannot be used."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime.config import set_all_config

from settings import load_secret, load_settings
from tests.mocks import STACK, record
from tests.stack_files import stack_file

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _no_configuration_afterwards() -> Iterator[None]:
    yield
    set_all_config({}, [])


def configure(secret: str | None = None, **environment: Any) -> None:
    config = stack_file("dev")
    config["web-store:environment"] |= {"name": STACK, **environment}
    handed_over = {key: json.dumps(value) for key, value in config.items()}
    if secret is not None:
        handed_over["web-store:origin_secret"] = secret
    set_all_config(handed_over, ["web-store:origin_secret"] if secret is not None else [])


def test_settings_of_the_running_stack_are_loaded() -> None:
    configure()
    loaded: list[str] = []
    record(lambda: loaded.append(load_settings().environment.name))
    assert loaded == [STACK]


def test_a_problem_ends_the_program_with_one_message_that_the_host_adds_nothing_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", said.append)
    configure(profile="production")
    with pytest.raises(SystemExit) as caught:
        record(load_settings)
    # 32 tells the language host that the user has seen why.
    assert caught.value.code == 32
    assert len(said) == 1
    assert "web-store:environment.profile" in said[0]
    assert "profile: prod" in said[0]


def test_a_secret_of_the_stack_stays_secret() -> None:
    configure(secret="a" * 64)
    secret: list[bool] = []

    async def program() -> None:
        secret.append(await load_secret("origin_secret").is_secret())

    record(lambda: pulumi.Output.from_input(program()))
    assert secret == [True]


def test_a_project_of_another_name_has_its_secrets_too(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(secret="a" * 64)
    monkeypatch.setattr("pulumi.config.get_project", lambda: "shop")
    assert load_secret("origin_secret") is not None


def test_the_message_has_the_line_of_the_stack_file_in_the_project_s_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "error", said.append)
    configure(profile="production")
    (tmp_path / f"Pulumi.{STACK}.yaml").write_text("config:\n  web-store:environment:\n    profile: production\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        record(load_settings)
    assert f"Pulumi.{STACK}.yaml:3: web-store:environment.profile" in said[0]
