"""Check: the inputs as the provider completes them, and all their problems."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from offline.aws.config import ProviderSettings
from offline.aws.naming import NamingError, add_names
from offline.aws.outputs import defaults_of
from offline.aws.regions import REGIONS, is_known, zones
from offline.aws.structure import mark_nested, structural_problems, suggestion, without_marks, write_documents
from offline.checks import Planned, Problem, problems
from offline.schema import TypeSchema
from offline.wire import UNKNOWN, Properties, Secret, has_secret, plain


@dataclass(frozen=True, slots=True)
class Naming:
    """What the engine says about automatic names: its seed, and the wishes of `pulumi:autonaming`."""

    logical_name: str
    seed: bytes
    proposed: str = ""
    is_enforced: bool = False
    is_disabled: bool = False


class Checker:
    """Checks resources one after the other; rules between resources see those checked before."""

    def __init__(self) -> None:
        self._planned = Planned()
        self._lock = threading.Lock()

    def check(
        self,
        schema: TypeSchema,
        urn: str,
        news: Properties,
        olds: Properties,
        settings: ProviderSettings,
        naming: Naming,
    ) -> tuple[Properties, list[Problem]]:
        """The checked inputs and all problems at once."""
        news = without_marks(news)
        found = structural_problems(schema, news)
        write_documents(schema, news)
        _add_place_and_tags(schema, news, settings)
        named: list[str] = []
        try:
            named = add_names(
                schema,
                naming.logical_name,
                news,
                olds,
                seed=naming.seed,
                proposed=naming.proposed,
                is_enforced=naming.is_enforced,
                is_disabled=naming.is_disabled,
            )
        except NamingError as error:
            found.append(Problem(error.property, error.reason))
        found += self._value_problems(schema, urn, news, olds, {problem.path for problem in found})
        filled = _add_defaults(schema, news)
        return {**mark_nested(schema, news), "__defaults": sorted([*named, *filled])}, found

    def _value_problems(
        self, schema: TypeSchema, urn: str, news: Properties, olds: Properties, known: set[str]
    ) -> list[Problem]:
        # Secrets stay wrapped, so that no message shows them.
        values = {key: value for key, value in news.items() if value is not None and key != "tagsAll"}
        with self._lock:
            planned = self._planned.without(urn, olds)
            self._planned.add(urn, schema.token, values)
        found = [*_place_problems(values), *problems(schema.token, values, planned)]
        return [problem for problem in found if problem.path not in known]

    def identify(self, urn: str, identifier: str) -> None:
        """Records the id of a resource, so that rules can follow references to it."""
        with self._lock:
            self._planned.identify(urn, identifier)


def _place_problems(values: Properties) -> Iterator[Problem]:
    """A Region that AWS does not have, or zones that the Region does not have."""
    region = plain(values.get("region"))
    if isinstance(region, str) and region not in REGIONS:
        yield Problem("region", f"invalid AWS Region: '{region}'{suggestion(region, REGIONS)}")
    if not isinstance(region, str) or not is_known(region):
        return
    there = zones(region)
    for key in ("availabilityZone", "availabilityZones"):
        given = plain(values.get(key))
        for zone in given if isinstance(given, list) else [given]:
            if isinstance(zone, str) and zone not in there:
                yield Problem(key, f"{zone} is not an Availability Zone of {region}; it has {', '.join(there)}")


def _add_place_and_tags(schema: TypeSchema, news: Properties, settings: ProviderSettings) -> None:
    if schema.is_regional and news.get("region") is None:
        news["region"] = settings.region or UNKNOWN
    given = plain(news.get("tags"))
    if schema.is_tagged and (given is None or given is UNKNOWN or isinstance(given, dict)):
        tags = settings.all_tags(given)
        news["tagsAll"] = Secret(tags) if has_secret(news.get("tags")) else tags


def _add_defaults(schema: TypeSchema, news: Properties) -> list[str]:
    """Puts in what the real provider fills in; returns the keys."""
    fitting: Mapping[str, Any] = {
        key: value
        for key, value in defaults_of(schema.token).items()
        if key in schema.inputs.types and news.get(key) is None
    }
    news.update(fitting)
    return list(fitting)
