"""Mistakes in stack files, each with what is told of it: stack, mistake, place, value told, in the rule, in the fix."""

from tests.unit.settings.mistakes import app_tier, business, files, network, operations, parties, runtimes, services

_ROOMS = [room.MISTAKES for room in (app_tier, business, files, network, operations, parties, runtimes, services)]
MISTAKES = {name: mistake for room in _ROOMS for name, mistake in room.items()}
assert len(MISTAKES) == sum(map(len, _ROOMS)), "a mistake has a name of its own"
