"""The `docker-build` plugin: defaults and errors as recorded, a digest that follows from the sources."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.blocks.sources import source_files
from offline.docker_build.ignored import Ignored
from offline.docker_build.image import built, changed, checked

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "awsx" / "data" / "ecr" / "image.json").read_text())[
    "checked"
]


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for path, text in {"app/Dockerfile": "FROM scratch", "app/main.py": "1", "app/junk.log": "x"}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "app" / ".dockerignore").write_text("*.log\n")
    return tmp_path / "app"


def asked(**changes: Any) -> dict[str, Any]:
    return checked({**RECORDED["inputs_sent_by_awsx"], **changes})[0]


@pytest.mark.usefixtures("context")
def test_defaults_are_as_recorded() -> None:
    inputs, failures = checked(RECORDED["inputs_sent_by_awsx"])
    for registry in inputs["registries"]:
        registry["password"] = {"<secret>": None}
    assert (inputs, failures) == (RECORDED["inputs_in_state"], [])


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        ({"tags": ["1.dkr.ecr.eu-west-1.amazonaws.com/web:v1:hash"]}, "tags[0]", "invalid reference format"),
        ({"tags": ["https://1.dkr.ecr.eu-west-1.amazonaws.com/web:v1"]}, "tags[0]", "invalid reference format"),
        ({"context": {"location": "./nowhere"}}, "dockerfile.location", "no such file or directory"),
        ({"dockerfile": {"location": "app/Other"}}, "dockerfile.location", "no such file or directory"),
    ],
)
def test_what_it_refuses_in_a_preview_is_as_recorded(change: dict[str, Any], place: str, words: str) -> None:
    ((where, reason),) = checked({**RECORDED["inputs_sent_by_awsx"], **change})[1]
    assert where == place
    assert words in reason


def test_the_digest_follows_from_sources_platform_and_target(context: Path) -> None:
    first = built(asked())
    assert first["ref"] == f"{first['tags'][0]}@{first['digest']}"
    assert built(asked()) == first
    assert built(asked(platforms=["linux/amd64"]))["digest"] != first["digest"]
    assert built(asked(target="other"))["digest"] != first["digest"]
    (context / "junk.log").write_text("more")
    assert built(asked())["digest"] == first["digest"], "left out"
    (context / "main.py").write_text("2")
    assert built(asked())["digest"] != first["digest"]


def test_a_new_password_is_no_change_and_a_changed_source_or_mode_is_one(context: Path) -> None:
    olds = built(asked())
    registry = {**olds["registries"][0], "password": "another"}
    assert changed(olds, asked(registries=[registry])) == []
    assert changed(olds, asked(target="other")) == ["target"]
    (context / "main.py").chmod(0o755)
    assert changed(olds, asked()) == ["contextHash"]


def test_the_context_of_the_services_is_what_their_tag_is_made_of() -> None:
    project = Path(__file__).resolve().parents[2]
    from_ignored = {path.relative_to(project) for path in Ignored(project / ".dockerignore").files(project)}
    assert from_ignored == {path.relative_to(project) for path in source_files()}
