"""Parses a stack file into settings, or into the list of all its problems."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from settings.base import Section
from settings.explain import explain, missing_section
from settings.layers import Layers
from settings.problems import PROJECT, Problem, SettingsError
from settings.relations import RULES
from settings.shared import leaves
from settings.sources import Place, SettingsFile
from settings.store import SECRETS, StoreSettings, settings_schema

_NOT_VALID = object()


def parse(
    config: Mapping[str, str],
    *,
    stack: str,
    secret_keys: Collection[str] = (),
    files: Sequence[SettingsFile] = (),
) -> StoreSettings:
    """Settings of one stack.

    Args:
        config: Configuration as Pulumi hands it over: full keys (`web-store:network`), structured values as JSON.
        stack: Name of the stack.
        secret_keys: Full keys whose values hold something encrypted.
        files: Files that the configuration is from (`files_of`), for the lines of problems.

    Raises:
        SettingsError: with all problems of all sections, and of their relations.
    """
    given = {
        key.removeprefix(f"{PROJECT}:"): _decoded(value)
        for key, value in config.items()
        if key.startswith(f"{PROJECT}:")
    }
    encrypted = {key.removeprefix(f"{PROJECT}:") for key in secret_keys}
    sealed = [name for name in given if name in encrypted - SECRETS.keys()]
    secrets = {name: given.pop(name) for name in SECRETS if name in given}
    schema = settings_schema()
    layers = Layers(given, encrypted=encrypted, stack=stack, files=files, schema=schema)
    data = layers.data
    problems = [
        *_misplaced(config),
        *(_encrypted(place) for name in sealed for place in layers.encrypted(name)),
        *(_in_clear(name) for name in secrets if name not in encrypted),
    ]
    errors: list[Any] = []
    settings: StoreSettings | None = None
    try:
        settings = StoreSettings.model_validate_json(json.dumps(data))
    except ValidationError as error:
        errors = _causes(error.errors(include_url=False))
    for error in errors:
        if error["loc"] and error["loc"][0] in encrypted:
            continue
        whole_section = error["type"] == "missing" and len(error["loc"]) == 1
        problems.append(missing_section(error["loc"][0], schema) if whole_section else explain(error, data, schema))
    read = _reader(settings, data, errors)
    outside: dict[str, Any] = {"stack": stack, "secrets": secrets.keys(), "texts": dict(leaves(data))}
    for relation in RULES:
        outside["told"] = {problem.path for problem in problems}
        values = [outside[path] if path in outside else read(path) for path in relation.reads]
        if not any(value is _NOT_VALID for value in values):
            problems.extend(relation.check(*values))
    problems = [*layers.problems, *map(layers.located, problems)]
    if problems or settings is None:
        raise SettingsError(f"Pulumi.{stack}.yaml", sorted(problems, key=_order))
    return settings


def _reader(settings: StoreSettings | None, data: Mapping[str, Any], errors: list[Any]) -> Callable[[str], Any]:
    """Reads `section.field`, also from settings that are wrong elsewhere."""

    def read(path: str) -> Any:
        section, _, name = path.partition(".")
        if settings is not None:
            return getattr(getattr(settings, section), name)
        for error in errors:
            of_section = error["loc"] == (section,) and error["type"] not in _OF_WHOLES
            if of_section or error["loc"][:2] == (section, name):
                return _NOT_VALID
        given = data.get(section, {})
        field = _fields(section)[name]
        if name not in given:
            return _NOT_VALID if field.is_required() else field.get_default(call_default_factory=True)
        return TypeAdapter(field.rebuild_annotation()).validate_json(json.dumps(given[name]), strict=True)

    return read


# A validator that relates a section's fields reports at the section; the fields by themselves are valid then.
_OF_WHOLES = ("store_rule", "value_error")


def _causes(errors: list[Any]) -> list[Any]:
    """Errors without those that only follow from others: a list with a wrong entry also counts as too short."""
    places = [error["loc"] for error in errors]
    return [
        error
        for error in errors
        if error["type"] != "too_short"
        or not any(len(place) > len(error["loc"]) and place[: len(error["loc"])] == error["loc"] for place in places)
    ]


def _fields(section: str) -> dict[str, FieldInfo]:
    model = StoreSettings.model_fields[section].annotation
    if not (isinstance(model, type) and issubclass(model, Section)):
        raise TypeError(f"section {section} of StoreSettings is not a Section")
    return model.model_fields


def _decoded(value: str) -> Any:
    # Pulumi hands a scalar over as its text, a mapping or list as JSON.
    try:
        return json.loads(value)
    except ValueError:
        return value


def _misplaced(config: Mapping[str, str]) -> Iterator[Problem]:
    """Keys under a misspelled namespace: Pulumi accepts them silently."""
    for key in config:
        namespace, _, name = key.partition(":")
        if namespace != PROJECT and get_close_matches(namespace, [PROJECT], cutoff=0.75):
            yield Problem(
                path=(name,),
                received=f"the key `{key}`",
                rule=f"must be under `{PROJECT}:`; under another name nobody reads it",
                fix=f"rename it to `{PROJECT}:{name}`",
            )


def _encrypted(place: Place) -> Problem:
    return Problem(
        path=place,
        received="an encrypted value",
        rule="must not hold secrets: settings are visible in plans, states and logs",
        fix="keep the secret in AWS Secrets Manager and give its ARN, without `secure:`",
    )


def _in_clear(name: str) -> Problem:
    return Problem(
        path=(name,),
        received="a value in clear",
        rule="must be encrypted in the stack file, because it is a secret",
        fix=f"pulumi config set --secret {PROJECT}:{name}   # and replace the value that was readable",
    )


def _order(problem: Problem) -> tuple[int, str]:
    sections = list(StoreSettings.model_fields)
    name = problem.path[0]
    return (sections.index(name) if name in sections else len(sections), problem.dotted)
