"""The walk-through of a new service: its files are accepted, and its function does what the page says."""

import json
import re
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from api import catalogue as requests
from docs.declared import PUBLIC_RULE, by_profile
from events import catalogue
from functions.common import names
from settings.layers import files_of
from settings.loader import parse
from settings.problems import SettingsError
from settings.relations import start_up
from settings.stack_files import configuration
from settings.store import StoreSettings
from settings.table_design import TableDesign
from tests.functions.cloud import Cloud, assert_fits_its_schema
from tests.stack_files import PROJECT, STACKS

PAGE = (PROJECT / "docs" / "new-service.md").read_text()
FILES = dict(re.findall(r"^`([\w./]+)`\n\n```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
SHARED: Any = yaml.safe_load(FILES["Pulumi.yaml"])
CONFIG = "web-store:shared"
SERVICE = SHARED["app_tier"]["services"]["reviews"]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The project's schemas, models and functions with those of the page."""
    for place, module, name in (
        ("events/schemas", catalogue, "SCHEMAS"),
        ("api/models", requests, "MODELS"),
        ("functions", start_up, "_FUNCTIONS"),
    ):
        folder = tmp_path / place
        folder.mkdir(parents=True)
        for path in (PROJECT / place).iterdir():
            (folder / path.name).symlink_to(path)
        monkeypatch.setattr(module, name, folder)
    for name, text in FILES.items():
        if "/" in name:
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    for known in (catalogue.events, requests.models):
        known.cache_clear()
    yield tmp_path
    for known in (catalogue.events, requests.models):
        known.cache_clear()


def merged(base: Any, more: Any) -> Any:
    """What a person makes of a file and of a block to add: entries of lists go to the end."""
    if isinstance(base, list):
        return base + more
    if not isinstance(more, dict) or not isinstance(base, dict):
        return more
    return {**base, **{key: merged(base.get(key), value) for key, value in more.items()}}


def settings(stack: str, shared: Any = SHARED) -> StoreSettings:
    config = configuration(stack)
    config[CONFIG] = merged(config[CONFIG], shared)
    own = yaml.safe_load(FILES.get(f"Pulumi.{stack}.yaml", "{}"))
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in merged(config, own).items()}
    return parse(texts, stack=stack, files=files_of(PROJECT, stack))


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.usefixtures("files")
def test_the_settings_accept_the_service_of_the_page(stack: str) -> None:
    service = settings(stack).app_tier.services["reviews"]
    assert service.outbox_tables == {"reviews"}
    assert service.runtime.log_days == (14 if stack == "dev" else 365)


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("events/schemas/review.written.v1.json", "review.written must be declared in events/schemas. Declared: "),
        ("api/models/Review.json", "model Review must be in api/models"),
        ("functions/reviews/handler.py", "must be a folder of functions/ with a handler.py"),
    ],
)
def test_each_file_is_asked_for(missing: str, told: str, files: Path) -> None:
    (files / missing).unlink()
    with pytest.raises(SettingsError, match=re.escape(told)):
        settings("dev")


@pytest.mark.usefixtures("files")
def test_the_public_route_needs_no_second_place() -> None:
    declared = by_profile({stack: settings(stack) for stack in STACKS})
    assert declared
    for rules in declared.values():
        assert "api-get-reviews_products_ANY" in rules[PUBLIC_RULE]["public"]
        assert not [name for name in rules[PUBLIC_RULE]["public"] if "orders" in name]


@pytest.fixture
def call(files: Path, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls of the function by API Gateway."""
    design = TableDesign.model_validate(SHARED["data"]["tables"]["extra"]["reviews"]["design"], strict=False)
    table = cloud.further_table("reviews", design)
    monkeypatch.setenv(names.table_variable("reviews"), table.name)
    monkeypatch.setenv(names.EVENT_SOURCE, "store.reviews")
    spec = spec_from_file_location("reviews_handler", files / "functions" / "reviews" / "handler.py")
    assert spec
    assert spec.loader
    code = module_from_spec(spec)
    spec.loader.exec_module(code)
    context = SimpleNamespace(
        function_name="reviews", memory_limit_in_mb=128, invoked_function_arn="arn", aws_request_id="1"
    )

    def called(method: str, product: str, body: Any = None) -> tuple[int, Any]:
        event = {
            "httpMethod": method,
            "pathParameters": {"product_id": product},
            "requestContext": {"authorizer": {"claims": {"sub": "c-1"}}},
            "body": None if body is None else json.dumps(body),
        }
        answer = code.handler(event, context)
        return answer["statusCode"], json.loads(answer["body"])

    return called


def test_a_review_is_written_once_read_by_everybody_and_told(call: Any, cloud: Cloud) -> None:
    review = {"rating": 5, "text": "Warm."}
    assert call("GET", "p-1") == (200, [])
    assert call("POST", "p-1", review)[0] == 201
    assert call("POST", "p-1", review)[0] == 409
    ((status, (read,)), other) = call("GET", "p-1"), call("GET", "p-2")
    assert (status, read | review) == (200, read)
    assert other == (200, [])
    (event,) = cloud.items("reviews", "EVENT#")
    assert_fits_its_schema(json.loads(json.dumps({**event, "detail": {**event["detail"], "rating": 5}}, default=str)))
