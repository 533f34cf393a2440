"""How texts become terms: tokenizer `standard`, and the filters of our template.

https://docs.opensearch.org/latest/analyzers/
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.opensearch.refusal import RefusalError, only

_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")
Phrase = tuple[str, ...]


@dataclass(frozen=True)
class Token:
    """A word of a text, and what it may be read as: phrases, of which most have one term."""

    offset: int
    length: int
    readings: tuple[Phrase, ...]

    @property
    def term(self) -> str:
        return self.readings[0][0]


Filter = Callable[[Sequence[Token]], Sequence[Token]]


class Analyzers:
    """Analyzers of one index, by its settings.

    Raises:
        RefusalError: a filter or tokenizer that is not known here.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        only("analysis", dict(settings), "analyzer", "filter")
        self._filters = {name: _filter(name, of) for name, of in settings.get("filter", {}).items()}
        self._chains: dict[str, list[Filter]] = {"standard": [_each(str.lower)]}
        for name, of in settings.get("analyzer", {}).items():
            only(f"analyzer {name}", of, "type", "tokenizer", "filter")
            if (of.get("type"), of.get("tokenizer")) != ("custom", "standard"):
                raise RefusalError(f"analyzer {name} must be custom with tokenizer standard here")
            self._chains[name] = [self._named(filter_name) for filter_name in of.get("filter", ())]

    def tokens(self, analyzer: str, text: str) -> Sequence[Token]:
        if analyzer not in self._chains:
            raise RefusalError(f"analyzer {analyzer} has not been configured", kind="mapper_parsing_exception")
        tokens: Sequence[Token] = [
            Token(found.start(), found.end() - found.start(), ((found.group(),),)) for found in _WORD.finditer(text)
        ]
        for step in self._chains[analyzer]:
            tokens = step(tokens)
        return tokens

    def _named(self, name: str) -> Filter:
        found = self._filters.get(name) or {"lowercase": _each(str.lower), "asciifolding": _each(folded)}.get(name)
        if found is None:
            raise RefusalError(f"filter {name} is not known here")
        return found


def folded(text: str) -> str:
    """Letters without their marks, as `asciifolding` writes most of them."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def singular(word: str) -> str:
    """Lucene's EnglishMinimalStemmer.

    https://github.com/apache/lucene/blob/main/lucene/analysis/common/src/java/org/apache/lucene/analysis/en/EnglishMinimalStemmer.java
    """
    if len(word) < 3 or word[-1] != "s" or word[-2] in "us":
        return word
    if word[-2] == "e":
        if len(word) > 3 and word[-3] == "i" and word[-4] not in "ae":
            return f"{word[:-3]}y"
        if word[-3] in "iaoe":
            return word
    return word[:-1]


def _each(change: Callable[[str], str]) -> Filter:
    def step(tokens: Sequence[Token]) -> Sequence[Token]:
        return [
            Token(one.offset, one.length, tuple(dict.fromkeys(tuple(map(change, phrase)) for phrase in one.readings)))
            for one in tokens
        ]

    return step


def _filter(name: str, of: Mapping[str, Any]) -> Filter:
    kind = of.get("type")
    if kind == "stemmer":
        only(f"filter {name}", dict(of), "type", "language")
        if of.get("language") == "minimal_english":
            return _each(singular)
    if kind == "synonym_graph":
        only(f"filter {name}", dict(of), "type", "lenient", "synonyms")
        return _synonyms(of["synonyms"])
    raise RefusalError(f"filter {name} must be synonym_graph, or stemmer of minimal_english, here")


def _synonyms(rules: Sequence[str]) -> Filter:
    """Solr's form: `a, b` are equal; `a => b` is looked for in its place."""
    readings: dict[Phrase, tuple[Phrase, ...]] = {}
    for rule in rules:
        left, arrow, right = rule.partition("=>")
        sources = _phrases(left)
        for source in sources:
            others = _phrases(right) if arrow else (source, *(one for one in sources if one != source))
            readings[source] = (*readings.get(source, ()), *others)
    longest = max(map(len, readings), default=0)

    def step(tokens: Sequence[Token]) -> Sequence[Token]:
        found: list[Token] = []
        at = 0
        while at < len(tokens):
            for count in range(min(longest, len(tokens) - at), 0, -1):
                part = tokens[at : at + count]
                source = tuple(one.term for one in part)
                if source in readings:
                    end = part[-1].offset + part[-1].length
                    found.append(Token(part[0].offset, end - part[0].offset, readings[source]))
                    at += count
                    break
            else:
                found.append(tokens[at])
                at += 1
        return found

    return step


def _phrases(text: str) -> tuple[Phrase, ...]:
    return tuple(
        tuple(folded(word.lower()) for word in _WORD.findall(part)) for part in text.split(",") if part.strip()
    )


def within(term: str, other: str, prefix: int) -> int | None:
    """Slips between two terms if fuzziness AUTO allows as many; else None.

    https://docs.opensearch.org/latest/query-dsl/term/fuzzy/
    """
    most = 0 if len(term) < 3 else 1 if len(term) < 6 else 2
    if abs(len(term) - len(other)) > most or term[:prefix] != other[:prefix]:
        return None
    found = slips(term, other)
    return found if found <= most else None


def slips(one: str, other: str) -> int:
    """Letters inserted, left out, replaced, or exchanged with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
