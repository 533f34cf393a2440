"""How long logs are kept, by profile."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from settings.problems import Problem
from settings.relations.relation import Relation, problem
from settings.store import StoreSettings
from settings.types import LogRetentionDays

LEAST_DAYS = {"dev": 7, "staging": 30, "prod": 365}
"""As `cloudwatch-log-group-retention` of policies/profiles.yaml demands."""
_RETENTIONS = {LogRetentionDays, LogRetentionDays | None}


def _kept(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Retentions of logs in a value, with their places."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            found = getattr(value, name)
            if field.annotation in _RETENTIONS and found is not None:
                yield (*path, name), found
            else:
                yield from _kept(found, (*path, name))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _kept(item, (*path, name))


def _of_field(section: str, name: str, *, itself: bool) -> Relation:
    def check(profile: str, value: Any) -> Iterator[Problem]:
        least = LEAST_DAYS[profile]
        path = (section, name)
        for place, days in [(path, value)] if itself else _kept(value, path):
            if days is not None and days < least:
                yield problem(place, days, f"profile `{profile}` must keep logs for {least} days at least", least)

    rule = f"the profile decides how long logs of {section}.{name} are kept"
    return Relation(rule, ("environment.profile", f"{section}.{name}"), check)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _has_retention(annotation: Any) -> bool:
    return any(
        field.annotation in _RETENTIONS or _has_retention(field.annotation)
        for model in _models(annotation)
        for field in model.model_fields.values()
    )


RETENTION = tuple(
    _of_field(section, name, itself=field.annotation in _RETENTIONS)
    for section, whole in StoreSettings.model_fields.items()
    for model in _models(whole.annotation)
    for name, field in model.model_fields.items()
    if field.annotation in _RETENTIONS or _has_retention(field.annotation)
)
