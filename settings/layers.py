"""The two files that give a stack its settings: the stack file over what all environments share."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from settings.examples import Schema, child, value_at
from settings.placeholders import resolved
from settings.problems import PROJECT, Problem
from settings.shared import PROJECT_FILE, SHARED, as_shared, merged, refused
from settings.sources import UNTOLD, Place, SettingsFile, Source, Sources, depth

# Stand in for an environment that is wrong itself, so that the rest is still judged; nobody has this account.
_NO_ENVIRONMENT = {"account": "000000000000", "region": "eu-west-1"}
_PLACEHOLDERS = {
    "account": ("account_id", r"\d{12}"),
    "region": ("region", r"[a-z]{2}(-[a-z]+)+-\d"),
}


def files_of(folder: Path, stack: str) -> list[SettingsFile]:
    """The stack file, and the project file with what all environments share."""
    shared = ("config", f"{PROJECT}:{SHARED}", "value")
    return [SettingsFile(folder / f"Pulumi.{stack}.yaml"), SettingsFile(folder / PROJECT_FILE, shared, prefix="")]


class Layers:
    """Settings as both files give them together, and where each value stands.

    Args:
        given: Sections of the stack file, and `shared` of the project file, as the engine hands them over.
        encrypted: Sections that hold something encrypted.
        stack: Name of the stack.
        files: Of `files_of`, for the lines of problems.
        schema: JSON schema of all settings.
    """

    def __init__(
        self,
        given: Mapping[str, Any],
        *,
        encrypted: Collection[str],
        stack: str,
        files: Sequence[SettingsFile],
        schema: Schema,
    ) -> None:
        self._own = {name: section for name, section in given.items() if name != SHARED}
        shared = given.get(SHARED, {})
        self._shared = shared if isinstance(shared, dict) else {}
        comparable = {**given, **dict.fromkeys(encrypted, UNTOLD)}
        self._sources = Sources(f"Pulumi.{stack}.yaml", files[:1], comparable)
        self._shared_sources = Sources(PROJECT_FILE, files[1:], self._shared)
        self._merged, surplus = merged(self._shared, self._own, schema)
        self._values = self._environment()
        self.data, unknown = resolved(self._merged, self._values)
        """All sections, for the models."""
        overridden = [_overridden()] if files and files[0].has(SHARED) else []
        self.problems = [self.located(problem) for problem in (*overridden, *surplus, *unknown)]
        self.problems += [self._in_shared(problem) for problem in refused(shared, schema)]
        """What is wrong with the files themselves."""

    def located(self, problem: Problem) -> Problem:
        """The problem with file and line of its value; for one that is missing those of what is around it."""
        there = depth(problem.path, self._merged)
        place = problem.path[:there]
        from_shared = depth(place, self._shared) > depth(place, self._own)
        # A list is replaced as a whole, so what its items lack is written where the list is.
        if from_shared and (there == len(problem.path) or any(isinstance(part, int) for part in place)):
            return self._in_shared(problem)
        return replace(problem, source=str(self._sources.at(problem.path)))

    def resolve(self, value: Any) -> Any:
        """A value with its placeholders replaced."""
        return resolved({"value": value}, self._values)[0]["value"]

    def as_written(self, place: Place, value: Any) -> Any:
        """The value of a place with the placeholders that the files have in it, wherever it says the same."""
        return _as_written(value, value_at(self.data, place), value_at(self._merged, place))

    def encrypted(self, section: str) -> list[Place]:
        """Places of a section that hold something encrypted; the section where no file tells."""
        return self._sources.encrypted(section) or [(section,)]

    def _in_shared(self, problem: Problem) -> Problem:
        source: Source = self._shared_sources.at(problem.path)
        return replace(problem, source=str(source), fix=as_shared(problem.fix))

    def _environment(self) -> dict[str, str]:
        """Values of placeholders; nothing else of the file than what has their form is copied to other places."""
        environment = self._own.get("environment")
        found = environment if isinstance(environment, dict) else {}
        return {
            name: str(found[key]) if re.fullmatch(form, str(found.get(key))) else _NO_ENVIRONMENT[name]
            for name, (key, form) in _PLACEHOLDERS.items()
        }


def _overridden() -> Problem:
    return Problem(
        path=(SHARED,),
        received="a key of the stack file",
        rule=f"must stand in {PROJECT_FILE} only: with this one the engine leaves out what all environments share",
        fix="write what differs under its own section, such as `web-store:app_tier`, and remove this key",
    )


def _as_written(value: Any, before: Any, written: Any) -> Any:
    if value == before:
        return written
    if isinstance(value, dict):
        return {key: _as_written(item, child(before, key), child(written, key)) for key, item in value.items()}
    if isinstance(value, list):
        found = [_as_written(item, child(before, at), child(written, at)) for at, item in enumerate(value)]
        # Entries may have moved up where one was left out.
        known = list(zip(before, written, strict=True)) if isinstance(before, list) else []
        return [next((w for b, w in known if b == item), new) for item, new in zip(value, found, strict=True)]
    return value
