"""Stand-ins for wrong values, so that rules can judge all that is right, and what to write in their place.

A stack file with one wrong value would otherwise be judged no further: rules need settings, and settings need every
value to be valid. So each wrong value is replaced by the one that was probably meant, or by an example.
"""

import copy
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from settings.base import RULES_LATER
from settings.examples import (
    Schema,
    entries_of,
    examples,
    name_schema,
    node_at,
    options,
    place_of,
    said,
    tag_of,
    value_at,
    variant_key,
)
from settings.explain import explain, missing_section, unknown_key, wrong_name
from settings.fixes import LEFT_OUT, put
from settings.layers import Layers
from settings.meant import meant
from settings.problems import NOTHING, Place, Problem
from settings.renamed import renamed
from settings.store import StoreSettings

_GONE = object()
_ROUNDS = 100
_FEW = 6
"""Words that are named again in a fix."""


@dataclass
class StandIn:
    """What stands in for one wrong value."""

    sure: list[Any]
    """Values that were probably meant."""
    made_up: list[Any]
    """Values that are merely accepted; after them the key is left out."""
    problem: int | None = None
    """Position of the problem that it mends."""
    sentence: str = ""
    """The fix, where it is no value."""
    leave_out: bool = False
    """A made-up value is not offered: the entry of the list is to go."""
    position: int = 0
    improved: int = 0
    """Times that rules changed the value."""
    spoiled: bool = False
    """Rules refuse every value: none is offered."""

    @property
    def is_sure(self) -> bool:
        return self.position < len(self.sure)

    @property
    def value(self) -> Any:
        return [*self.sure, *self.made_up, _GONE][self.position]

    def add(self, value: Any) -> None:
        """Try the value next, unless it has been tried."""
        if value not in self.sure and self.is_sure:
            self.sure.insert(self.position + 1, value)

    def advance(self) -> bool:
        """Take the next value; False if there is none."""
        if self.value is _GONE:
            return False
        self.position += 1
        return True


class Mending:
    """A stack file on the way to settings.

    Args:
        layers: What it says, section by section, on top of what all environments share.
        schema: JSON schema of the whole settings.
        other: Take other examples, for a second opinion on what depends on made-up values.
        hidden: Sections of which nothing is told: they hold something encrypted.
    """

    def __init__(self, layers: Layers, schema: Schema, *, other: bool = False, hidden: Collection[str] = ()) -> None:
        self.data: Any = layers.data
        """The data with stand-ins; a copy from the first one on."""
        self.stand_ins: dict[Place, StandIn] = {}
        self._layers = layers
        self._problems: list[Problem] = []
        self._schema = schema
        self._defs: Mapping[str, Schema] = schema.get("$defs", {})
        self._other = other
        self._hidden = hidden
        self._moved: dict[Place, Place] = {}

    def settings(self) -> StoreSettings | None:
        """Settings whose every value is valid by itself; rules between them are still to be asked.

        None where a section is so wrong that nothing can stand in for it: what is wrong is told all the same.
        """
        errors: list[ErrorDetails] = []
        for _ in range(_ROUNDS):
            try:
                return StoreSettings.model_validate_json(json.dumps(self.data), context=RULES_LATER)
            except ValidationError as error:
                self.data = self.data if errors else copy.deepcopy(dict(self.data))
                errors = _causes(error.errors(include_url=False))
            left = [error for error in errors if not self._mend_key(error)]
            refused = {place: None for error in left if (place := self._mend_value(error)) is not None}
            stand = [self.next_value(place) or self._give_up(place) for place in refused]
            if not all(stand):
                break
        return None

    def put(self, place: Place, value: Any) -> None:
        """Write a value into the data, its placeholders resolved."""
        put(self.data, place, self._layers.resolve(value))

    def given(self, place: Place) -> Place:
        """The place as the stack file has it, where a key has another name."""
        for now, before in self._moved.items():
            if place[: len(now)] == now:
                return (*before, *place[len(now) :])
        return place

    def around(self, place: Place) -> Place | None:
        """The stand-in that the place is in, if it is in one."""
        found = (place[:length] for length in range(len(place), 0, -1))
        return next((outer for outer in found if outer in self.stand_ins), None)

    def next_value(self, place: Place) -> bool:
        """Take the next value of a stand-in; False if there is none."""
        stand_in = self.stand_ins[place]
        if not stand_in.advance():
            return False
        self._write(place, stand_in.value)
        return True

    def spoil(self, place: Place) -> None:
        """Offer no value: rules refuse each. The first one stands in."""
        self.stand_ins[place].spoiled = True
        self.stand_ins[place].position = 0
        self._write(place, self.stand_ins[place].value)

    def problems(self) -> list[Problem]:
        """Problems of single values and keys, each with what now stands in its place."""
        found = list(self._problems)
        for place, stand_in in self.stand_ins.items():
            if stand_in.problem is not None:
                found[stand_in.problem] = self._with_fix(found[stand_in.problem], place, stand_in)
        return found

    def _with_fix(self, problem: Problem, place: Place, stand_in: StandIn) -> Problem:
        now = value_at(self.data, place)
        node = node_at(self._schema, place, self._defs, self.data)
        if now is not NOTHING and self._can_go(place, stand_in):
            known = (node or {}).get("enum", ())
            others = f"or one of {', '.join(map(str, known))}" if len(known) <= _FEW else ""
            return replace(problem, fix=problem.fix or others, edits=((place, LEFT_OUT),))
        empty = now == {} and node is not None and any(map(entries_of, options(node, self._defs)))
        if stand_in.sentence or stand_in.spoiled or now is NOTHING or (empty and not stand_in.is_sure):
            nothing = "leave it out" if now is NOTHING and not stand_in.spoiled else ""
            fix = stand_in.sentence or problem.fix or nothing or f"see {place[0]} in docs/settings.md"
            return replace(problem, fix=fix)
        # As it was written, with its placeholders.
        written = stand_in.value if self._layers.resolve(stand_in.value) == now else now
        # What a missing section needs is what is written.
        beside = "" if len(place) == 1 else problem.fix
        return replace(problem, fix=beside, edits=((place, written),))

    def _can_go(self, place: Place, stand_in: StandIn) -> bool:
        """Whether the entry of a list, and all others that are to go, can be left out."""
        if not stand_in.leave_out or stand_in.is_sure:
            return False
        around = node_at(self._schema, place[:-1], self._defs, self.data) or {}
        going = [other for other, one in self.stand_ins.items() if other[:-1] == place[:-1] and one.leave_out]
        return len(value_at(self.data, place[:-1])) - len(going) >= (said(around, "minItems", self._defs) or 0)

    def _mend_key(self, error: ErrorDetails) -> bool:
        """Rename or drop a key that the settings do not have; False for errors of values."""
        named = error["loc"][-1:] == ("[key]",)
        if error["type"] != "extra_forbidden" and not named:
            return False
        place = place_of(error["loc"], self._schema, self._defs, self.data)
        mapping = value_at(self.data, place[:-1])
        if self.around(place) is not None or not isinstance(mapping, dict) or place[-1] not in mapping:
            return self.around(place) is None
        key = str(place[-1])
        parent = node_at(self._schema, place[:-1], self._defs, self.data)
        problem, near = self._told_of_key(place, error, parent, mapping)
        if place[0] not in self._hidden:
            self._problems.append(replace(problem, path=self.given(place)))
        value = mapping.pop(key)
        if len(near) == 1 and near[0] not in mapping:
            mapping[near[0]] = value
            self._moved[(*place[:-1], near[0])] = self.given(place)
        for edited, new in problem.edits:
            self.put(edited, new)
        return True

    def _told_of_key(
        self, place: Place, error: ErrorDetails, parent: Schema | None, mapping: Mapping[str, Any]
    ) -> tuple[Problem, list[str]]:
        old = renamed(place, mapping[str(place[-1])])
        if old is not None:
            return old, []
        names = name_schema(parent, self._defs) if parent is not None else None
        if names is not None and "enum" not in names:
            problem, new = wrong_name(place, error, names, self._defs)
            return problem, [new] if new else []
        return unknown_key(place, parent, mapping, self._defs)

    def _mend_value(self, error: ErrorDetails) -> Place | None:
        """Put a stand-in for a wrong value; the place of an earlier stand-in if it is that which is wrong."""
        kind = error["type"]
        # A validator of a mapping may refuse one of its keys.
        place = (*place_of(error["loc"], self._schema, self._defs, self.data), *error.get("ctx", {}).get("at", ()))
        if (around := self.around(place)) is not None:
            better = error.get("ctx", {}).get("edits", {}).get((), NOTHING)
            if around == place and better is not NOTHING:
                self.stand_ins[around].add(better)
            return around
        received = value_at(self.data, place)
        if (received is NOTHING) != (kind == "missing"):
            # Under another key meanwhile.
            return None
        whole_section = kind == "missing" and len(place) == 1
        problem = (
            missing_section(str(place[0]), self._schema)
            if whole_section
            else explain(error, place, self.data, self._schema)
        )
        node = node_at(self._schema, place, self._defs, self.data)
        key = variant_key(node, self._defs) if node is not None else None
        if key is not None and isinstance(received, dict):
            # The member's other keys are judged by themselves.
            place = (*place, key)
        stand_in = self._stand_in(error, received, node or {}, place)
        # A value that does not fit the key that was meant is no second problem.
        if place[0] not in self._hidden and place not in self._moved:
            stand_in.problem = len(self._problems)
            self._problems.append(replace(problem, path=self.given(problem.path)))
        self.stand_ins[place] = stand_in
        self._write(place, stand_in.value)
        return None

    def _stand_in(self, error: ErrorDetails, received: Any, node: Schema, place: Place) -> StandIn:
        kind, context = error["type"], error.get("ctx", {})
        key = variant_key(node, self._defs)
        if key is not None and isinstance(received, dict):
            tags = [tag_of(option, key) for option in options(node, self._defs)]
            fitting = [found[key] for found in meant(received, node, self._defs)]
            sure = [*meant(received.get(key), {"enum": tags}, self._defs)] if key in received else fitting
            return StandIn(sure=sure, made_up=tags)
        sure = [] if kind == "missing" else [*context.get("edits", {}).values()]
        sure += [] if kind == "missing" else [*meant(received, node, self._defs)]
        made_up = [value for value in examples(node, self._defs) if value != received and value not in sure]
        if kind == "too_short" and isinstance(received, list):
            sure = [[*received, *_more(received, made_up)[: context["min_length"] - len(received)]]]
        sentence = _sentence(kind, context, received)
        if kind == "store_rule" and not sure:
            sentence = context["fix"]
        stand_in = StandIn(sure=sure, made_up=made_up, sentence=sentence)
        stand_in.leave_out = isinstance(place[-1], int) and "enum" in node
        if self._other and not sure and len(made_up) > 1:
            stand_in.position = 1
        return stand_in

    def _give_up(self, place: Place) -> bool:
        """No value does: let one stand in for what it is in; False if there is none for the whole section."""
        self.stand_ins[place].spoiled = True
        outer = place[:-1]
        if not outer:
            return False
        if outer in self.stand_ins:
            return self.next_value(outer) or self._give_up(outer)
        node = node_at(self._schema, outer, self._defs, self.data) or {}
        self.stand_ins[outer] = StandIn(sure=[], made_up=[*examples(node, self._defs)])
        self._write(outer, self.stand_ins[outer].value)
        return True

    def _write(self, place: Place, value: Any) -> None:
        outer = value_at(self.data, place[:-1])
        if value is not _GONE:
            self.put(place, value)
        elif isinstance(outer, dict):
            outer.pop(place[-1], None)
        elif isinstance(outer, list):
            self._give_up(place)


def _sentence(kind: str, context: Mapping[str, Any], received: Any) -> str:
    """The fix of mistakes that only the user can mend."""
    if kind == "string_too_long":
        return f"shorten it to {context['max_length']} characters"
    if kind == "too_long" and isinstance(received, list):
        return f"leave {len(received) - context['max_length']} out"
    if kind == "string_type" and isinstance(received, bool):
        return "put the word between quotes: without them YAML may read it as true or false"
    return ""


def _more(received: list[Any], lists: list[Any]) -> list[Any]:
    """Entries of example lists that the list lacks."""
    found = [entry for example in lists if isinstance(example, list | tuple) for entry in example]
    return [entry for position, entry in enumerate(found) if entry not in received and entry not in found[:position]]


def _causes(errors: list[Any]) -> list[ErrorDetails]:
    """Errors without those that only follow from others: a list with a wrong entry also counts as too short."""
    places = [error["loc"] for error in errors]
    return [
        error
        for error in errors
        if error["type"] != "too_short"
        or not any(len(place) > len(error["loc"]) and place[: len(error["loc"])] == error["loc"] for place in places)
    ]
