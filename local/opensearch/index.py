"""One index: its mapping, documents with their versions, and the terms of their fields."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.opensearch.analysis import Analyzers
from local.opensearch.refusal import RefusalError, only

_TYPES = {"keyword", "text", "long", "boolean"}
_NAME = "index"
_ENGINE_SETTINGS = (
    "number_of_shards",
    "number_of_replicas",
    "refresh_interval",
    "gc_deletes",
    "search",
    "indexing",
    "analysis",
)


@dataclass
class Document:
    version: int
    source: Mapping[str, Any]
    terms: Mapping[str, tuple[str, ...]]
    """Terms of each text field, in their order."""


@dataclass(frozen=True)
class Field:
    type: str
    analyzer: str
    search_analyzer: str
    copies: tuple[str, ...]


@dataclass
class Index:
    """
    Raises:
        RefusalError: settings or a mapping that are not known here.
    """

    name: str
    body: Mapping[str, Any]
    documents: dict[str, Document] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    """Versions of deletions; they are kept as long as the run."""

    def __post_init__(self) -> None:
        only("an index", dict(self.body), "settings", "mappings")
        settings = self.body.get("settings", {})
        only("settings", dict(settings), _NAME)
        inner = settings.get(_NAME, {})
        only("settings.index", dict(inner), *_ENGINE_SETTINGS)
        for logged in ("search", "indexing"):
            only(f"settings.index.{logged}", dict(inner.get(logged, {})), "slowlog")
        self.analyzers = Analyzers(inner.get("analysis", {}))
        mappings = self.body.get("mappings", {})
        only("mappings", dict(mappings), "dynamic", "properties", "_meta")
        if mappings.get("dynamic") is not False:
            raise RefusalError("mappings.dynamic must be false here: no field comes by itself")
        self.fields = {name: _field(name, of) for name, of in mappings.get("properties", {}).items()}

    def write(self, document_id: str, source: Mapping[str, Any] | None, version: int | None, kind: str) -> int:
        """Write a document, or delete it without `source`.

        Args:
            kind: `external` takes newer versions only, `external_gte` also the same one again.

        Returns:
            HTTP status of the write: 409 if the version is too old.

        Raises:
            RefusalError: a field has another type than its mapping.
        """
        there = self.documents.get(document_id)
        last = there.version if there else self.deleted.get(document_id, -1)
        if version is None:
            version = last + 1
        elif version < last or (version == last and kind != "external_gte"):
            return 409
        if source is None:
            self.documents.pop(document_id, None)
            self.deleted[document_id] = version
            return 200 if there else 404
        terms = self._terms(source)
        self.documents[document_id] = Document(version, source, terms)
        self.deleted.pop(document_id, None)
        return 200 if there else 201

    def text_field(self, name: str) -> Field:
        """
        Raises:
            RefusalError: there is no such field, or it has no words.
        """
        found = self.fields.get(name)
        if found is None or found.type != "text":
            raise RefusalError(f"field {name} must be a text of the mapping")
        return found

    def frequencies(self, name: str) -> Counter[str]:
        """Documents that have each term of a field."""
        return Counter(term for one in self.documents.values() for term in set(one.terms.get(name, ())))

    def _terms(self, source: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for name, value in self._values(source):
            if self.fields[name].type == "text":
                tokens = self.analyzers.tokens(self.fields[name].analyzer, value)
                # A gap keeps phrases from reaching over two values.
                found[name] = (*found.get(name, ()), *(["\0"] if name in found else []), *(one.term for one in tokens))
        return found

    def _values(self, source: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, value in source.items():
            of = self.fields.get(name)
            if of is None or value is None:
                continue
            if not _fits(value, of.type):
                told = f"failed to parse field [{name}] of type [{of.type}]"
                raise RefusalError(told, kind="mapper_parsing_exception")
            yield name, value
            for copy in of.copies:
                yield copy, value


def _field(name: str, of: Mapping[str, Any]) -> Field:
    only(f"field {name}", dict(of), "type", "analyzer", "search_analyzer", "copy_to")
    if of.get("type") not in _TYPES:
        raise RefusalError(f"field {name} must be one of {', '.join(sorted(_TYPES))} here")
    copies = of.get("copy_to", ())
    analyzer = of.get("analyzer", "standard")
    return Field(
        of["type"],
        analyzer,
        of.get("search_analyzer", analyzer),
        (copies,) if isinstance(copies, str) else tuple(copies),
    )


def _fits(value: Any, type_: str) -> bool:
    if type_ == "boolean":
        return isinstance(value, bool)
    if type_ == "long":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str)
