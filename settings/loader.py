"""Parses a stack file into settings, or into the list of all its problems."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from api.catalogue import models
from events.catalogue import events
from schema_files import Flaw, FlawedFilesError
from settings.fixes import with_fixes
from settings.judge import broken_rules
from settings.layers import Layers
from settings.mending import Mending
from settings.problems import PROJECT, Place, Problem, SettingsError
from settings.relations import RULES
from settings.shared import SHARED
from settings.sources import SettingsFile
from settings.store import SECRETS, StoreSettings, settings_schema

_IMPROVEMENTS = 5
"""Times that rules may change one stand-in, in case they ask for different things."""


# Keys of the AWS provider (https://www.pulumi.com/registry/packages/aws/installation-configuration/), and what says it.
_OF_PROVIDER: Mapping[str, tuple[Place, str]] = {
    "region": (("environment", "region"), "write it as `environment.region`"),
    "allowedAccountIds": (("environment", "account_id"), "write it as `environment.account_id`"),
    **dict.fromkeys(
        ("assumeRole", "assumeRoles"),
        (("environment", "assume_role_arn"), "write the role's ARN as `environment.assume_role_arn`"),
    ),
    "defaultTags": (("environment", "owner"), "tags are those of `environment.owner` and `environment.cost_center`"),
    **dict.fromkeys(
        ("profile", "accessKey", "secretKey", "token", "sharedConfigFiles", "sharedCredentialsFiles"),
        (("environment",), "credentials are those of the caller, such as by `export AWS_PROFILE=...`"),
    ),
}


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
    if not any(":" in key and not key.startswith((f"{PROJECT}:{SHARED}", "pulumi:")) for key in config):
        raise SettingsError(f"Pulumi.{stack}.yaml", [_no_config()])
    given = {
        key.removeprefix(f"{PROJECT}:"): _decoded(value)
        for key, value in config.items()
        if key.startswith(f"{PROJECT}:")
    }
    encrypted = {key.removeprefix(f"{PROJECT}:") for key in secret_keys}
    sealed = [name for name in given if name in encrypted - SECRETS.keys()]
    secrets = {name: given.pop(name) for name in SECRETS if name in given}
    layers = Layers(given, encrypted=encrypted, stack=stack, files=files, schema=settings_schema())
    problems = [
        *_misplaced(config),
        *(_encrypted(place) for name in sealed for place in layers.encrypted(name)),
        *(_in_clear(name) for name in secrets if name not in encrypted),
    ]
    settings, found, unjudged = _judged(layers, {"stack": stack, "secrets": secrets.keys()}, sealed)
    problems = [*layers.problems, *map(layers.located, [*problems, *found])]
    flaws = list(_flaws())
    if problems or flaws or settings is None:
        raise SettingsError(f"Pulumi.{stack}.yaml", sorted(problems, key=_order), unjudged, flaws)
    return settings


def _no_config() -> Problem:
    return Problem(
        path=("environment",),
        received="no `config` with settings",
        rule="must be given in the file's `config`, as all settings are",
        fix="begin with a copy of Pulumi.staging.yaml, and write what differs",
    )


def _flaws() -> Iterator[Flaw]:
    """What is wrong with files that settings name."""
    for read in (models, events):
        try:
            read()
        except FlawedFilesError as error:
            yield from error.flaws


def _judged(
    layers: Layers, outside: Mapping[str, Any], sealed: Collection[str]
) -> tuple[StoreSettings | None, list[Problem], list[str]]:
    """Settings, and all problems of the data: of its values, and of the rules that these break together.

    With a problem the settings are of no use: they have stand-ins.
    """
    mending = Mending(layers, settings_schema(), hidden=sealed)
    settings, found, unjudged = _settled(mending, outside)
    if any(not stand_in.is_sure for stand_in in mending.stand_ins.values()):
        # What holds for one example only does not follow from the stack file.
        _, also, _ = _settled(Mending(layers, settings_schema(), other=True, hidden=sealed), outside)
        found = [problem for problem in found if problem in also and not _is_made_up(mending, problem)]
    of_rules = [replace(problem, path=mending.given(problem.path)) for problem in found]
    return settings, with_fixes([*mending.problems(), *of_rules], mending.data, layers.as_written), unjudged


def _settled(mending: Mending, outside: Mapping[str, Any]) -> tuple[StoreSettings | None, list[Problem], list[str]]:
    """Mended settings, once rules accept the stand-ins as far as they can, and the rules that are still broken."""
    while True:
        settings = mending.settings()
        if settings is None:
            return None, [], [relation.name for relation in RULES]
        found, unjudged = broken_rules(settings, mending, outside)
        improved = [_improve(mending, problem) for problem in found]
        if not any(improved):
            return settings, found, unjudged


def _improve(mending: Mending, problem: Problem) -> bool:
    """Take another value where a rule refuses the stand-in; False if it stays."""
    around = mending.around(problem.path)
    if around is None or mending.stand_ins[around].spoiled:
        return False
    stand_in = mending.stand_ins[around]
    inside = bool(problem.edits) and all(place[: len(around)] == around for place, _ in problem.edits)
    if inside and stand_in.improved < _IMPROVEMENTS:
        stand_in.improved += 1
        for place, value in problem.edits:
            mending.put(place, value)
        return True
    if stand_in.is_sure:
        return False
    if not mending.next_value(around):
        mending.spoil(around)
    return True


def _is_made_up(mending: Mending, problem: Problem) -> bool:
    around = mending.around(problem.path)
    return around is not None and not mending.stand_ins[around].is_sure


def _decoded(value: str) -> Any:
    # Pulumi hands a scalar over as its text, a mapping or list as JSON.
    try:
        return json.loads(value)
    except ValueError:
        return value


def _misplaced(config: Mapping[str, str]) -> Iterator[Problem]:
    """Keys that nobody reads: of a misspelled namespace, or of the provider. Pulumi accepts them silently."""
    for key in config:
        namespace, _, name = key.partition(":")
        if namespace in ("aws", "awsx", "aws-native"):
            place, instead = _OF_PROVIDER.get(name, (("environment",), "no setting says it"))
            yield Problem(
                path=place,
                received=f"the key `{key}`",
                rule=f"must not be given by `{namespace}:`: the program makes its own providers, so nobody reads it",
                fix=f"remove the line; {instead}",
            )
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
