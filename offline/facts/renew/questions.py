"""What to ask about a resource type: a minimal resource, and nonsense for each of its inputs."""

from collections.abc import Iterator, Mapping
from typing import Any

_REFERENCE = "#/types/"
_DEPTH = 4
_MOST_LEAVES = 160
_WORDS = ("aaaa", "bbbb")
# Empty, odd, very long, plain, and numeric text; far too small and far too large numbers.
_NONSENSE: Mapping[str, tuple[Any, ...]] = {
    "string": ("", "\u00a7 bad value!", "a" * 9000, "aaaa", "12345"),
    "number": (-(10**9), 10**9),
    "integer": (-(10**9), 10**9),
}

Path = tuple[str, ...]


class Questions:
    """Values made for the schema of one provider. A path is property names, with `[]` for the element of a list."""

    def __init__(self, types: Mapping[str, Any]) -> None:
        self._types = types

    def value(self, schema: Mapping[str, Any], variant: int = 0, depth: int = 0) -> Any:
        """A value of this schema; the two variants (0 and 1) differ in every leaf."""
        schema = self._followed(schema)
        match schema.get("type", "string"):
            case "number" | "integer":
                return variant + 1
            case "boolean":
                return bool(variant)
            case "array":
                return [self.value(schema["items"], variant, depth + 1)]
            case "object" if "properties" in schema:
                names = schema.get("required") or list(schema["properties"])[:1]
                return {name: self.value(schema["properties"][name], variant, depth + 1) for name in names if depth < 7}
            case "object":
                return {"k": self.value(schema.get("additionalProperties", {}), variant, depth + 1)}
        return _WORDS[variant]

    def minimal(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """The required inputs of a resource, and nothing more."""
        return {name: self.value(resource["inputProperties"][name]) for name in resource.get("requiredInputs", ())}

    def nonsense(self, schema: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
        """Path of each leaf below a property, and the property's value with one nonsense there."""
        for path, kind in list(self._leaves(schema, (), _DEPTH, frozenset()))[:_MOST_LEAVES]:
            for odd in _NONSENSE.get(kind, ()):
                yield path, self.built(schema, path, odd)

    def _leaves(
        self, schema: Mapping[str, Any], path: Path, depth: int, seen: frozenset[str]
    ) -> Iterator[tuple[Path, str]]:
        reference = schema.get("$ref", "")
        if reference in seen:
            return
        seen = seen | {reference} if reference else seen
        schema = self._followed(schema)
        kind = schema.get("type", "string")
        if kind == "array":
            yield from self._leaves(schema["items"], (*path, "[]"), depth, seen)
        elif kind == "object" and "properties" in schema:
            for name, inner in schema["properties"].items() if depth else ():
                yield from self._leaves(inner, (*path, name), depth - 1, seen)
        elif kind != "object":
            yield path, kind

    def built(self, schema: Mapping[str, Any], path: Path, leaf: Any) -> Any:
        """A value of this schema with the given leaf at a path, and the required values beside it."""
        if not path:
            return leaf
        schema = self._followed(schema)
        if path[0] == "[]":
            return [self.built(schema["items"], path[1:], leaf)]
        siblings = {name: self.value(schema["properties"][name], 0, 3) for name in schema.get("required", ())}
        return siblings | {path[0]: self.built(schema["properties"][path[0]], path[1:], leaf)}

    def _followed(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            name = schema["$ref"].removeprefix(_REFERENCE).replace("%2F", "/")
            schema = self._types.get(name, {"type": "string"})
        return schema
