"""Services answer what the settings declare of them, and take what the API's models take."""

import json
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft4Validator, FormatChecker
from pydantic import ValidationError

from api.catalogue import models
from services.__main__ import services
from services.common.bodies import Body
from services.common.settings import module
from settings.stack_files import stack_settings
from tests.services.contract import HEALTH, answered, declared, declared_form
from tests.services.documents import near, right

BODIES = {route.model for service in declared() for route in answered(service) if route.path.startswith("/api/")}


def test_every_service_with_routes_is_in_the_image() -> None:
    assert declared().keys() | {"web"} == set(services())


@pytest.mark.parametrize("service", declared())
def test_a_service_answers_the_routes_of_its_entry_and_nothing_else(service: str) -> None:
    found = answered(service)
    public = sorted(
        (route.declared_form for route in found if not route.path.startswith(("/internal/", "/health/"))), key=str
    )
    assert public == sorted(map(declared_form, declared()[service]), key=str)
    assert {(route.method, route.path) for route in found if route.path.startswith("/health/")} == HEALTH


@pytest.mark.parametrize("service", declared())
def test_an_inbox_does_something_with_each_event_that_the_entry_consumes(service: str) -> None:
    inbox = import_module(module(service)).app().state.inbox
    for stack in stack_settings().values():
        entry = stack.app_tier.services.get(service)
        assert entry is None or set(inbox.events if inbox else ()) == set(entry.consumes)


def test_every_model_of_the_api_is_a_body_of_a_service() -> None:
    taken = {body.__name__ for body in BODIES if body}
    assert taken == {
        endpoint.route.body
        for of in declared().values()
        for endpoint in of
        if endpoint.route is not None and endpoint.route.body
    }


def _exact(schema: Any) -> Any:
    """The schema with patterns that end where the text does: Python's `$` also matches before a last line break."""
    if isinstance(schema, dict):
        return {
            key: value[:-1] + r"\Z" if key == "pattern" and value.endswith("$") else _exact(value)
            for key, value in schema.items()
        }
    return [_exact(value) for value in schema] if isinstance(schema, list) else schema


@pytest.mark.parametrize("body", sorted((body for body in BODIES if body), key=lambda body: body.__name__))
def test_a_service_takes_the_bodies_that_the_api_takes(body: type[Body]) -> None:
    schema = models()[body.__name__].schema
    judge = Draft4Validator(_exact(schema), format_checker=FormatChecker(["date-time"]))

    @settings(max_examples=80, suppress_health_check=list(HealthCheck))
    @given(right(schema) | near(schema))
    def agree(document: Any) -> None:
        text = json.dumps(document)
        try:
            body.model_validate_json(text)
            problems: list[Any] = []
        except ValidationError as error:
            problems = error.errors(include_input=False, include_url=False)
        said = [error.message for error in judge.iter_errors(document)]
        assert bool(problems) == bool(said), (text, problems, said)

    agree()
