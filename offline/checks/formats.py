"""Formats recognised in the provider's recorded messages."""

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

ARN = re.compile(r"arn:[\w-]+:[\w-]*:[\w-]*:(\d{12}|aws|aws-managed|cloudfront|\w*)?:.+", re.DOTALL)
_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}")
_POSITIVE = re.compile(r"[1-9]\d*")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_MAINTENANCE = re.compile(r"(?i)(mon|tue|wed|thu|fri|sat|sun):\d\d:\d\d-(mon|tue|wed|thu|fri|sat|sun):\d\d:\d\d")
_DAILY = re.compile(r"\d\d:\d\d-\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Format:
    """A rule in words, and its test of a known scalar.

    `alternative`: a value may satisfy another rule of the input instead. `document`: the value is too long, or too
    secret, for a message.
    """

    rule: str
    accepts: Callable[[Any], bool]
    alternative: bool = False
    document: bool = False


def is_arn(value: Any) -> bool:
    return isinstance(value, str) and (not value or ARN.fullmatch(value) is not None)


def arn_parts(value: str | None) -> tuple[str, str]:
    """Service and Region of an ARN; two empty texts for anything else."""
    parts = (value or "").split(":", 5)
    return (parts[2], parts[3]) if len(parts) == 6 and parts[0] == "arn" else ("", "")


def json_error(value: Any) -> str | None:
    """Why a text is not JSON; None if it is. The text itself is left out: it may hold secrets."""
    if not isinstance(value, str):
        return None
    try:
        json.loads(value)
    except json.JSONDecodeError as error:
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    except RecursionError:
        return "nested too deeply"
    return None


def network(value: Any) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A CIDR block without host bits; None for anything else."""
    if not isinstance(value, str) or "/" not in value:
        return None
    try:
        return ipaddress.ip_network(value)
    except ValueError:
        return None


def _is_json(value: Any) -> bool:
    return json_error(value) is None


def _is_object(value: Any) -> bool:
    return not isinstance(value, str) or (json_error(value) is None and isinstance(json.loads(value), dict))


def _matches(pattern: str) -> Callable[[Any], bool] | None:
    """The test of a Go regular expression; None for those that Python reads differently."""
    if "[[:" in pattern or "\\p{" in pattern or "\\P{" in pattern:
        return None
    try:
        compiled = re.compile(pattern.replace("\\z", "\\Z"))
    except re.error:
        return None
    return lambda value: not isinstance(value, str) or not value or compiled.search(value) is not None


def _text(test: Callable[[str], object]) -> Callable[[Any], bool]:
    return lambda value: not isinstance(value, str) or not value or bool(test(value))


def _divisible(by: int) -> Callable[[Any], bool]:
    return lambda value: not isinstance(value, (int, float)) or value % by == 0


def _address(value: str, kind: type = object) -> bool:
    try:
        return isinstance(ipaddress.ip_address(value), kind)
    except ValueError:
        return False


def _port(value: Any, low: int) -> bool:
    return not isinstance(value, (int, float)) or low <= value <= 65535


_FIXED: tuple[tuple[str, Format], ...] = (
    (r"invalid ARN|cannot be parsed as an ARN", Format("must be an ARN", is_arn, alternative=True)),
    (r"not a JSON object", Format("must be a policy document, a JSON object", _is_object, document=True)),
    (
        r"invalid JSON:|JSON string format|is an empty string, which is not|Invalid format of .*invalid char",
        Format("must be valid JSON", _is_json, document=True),
    ),
    (
        r"doesn't look like AWS Account ID \(exactly 12 digits\)|must be a valid AWS account ID",
        Format("must be an AWS account id of 12 digits", _text(_ACCOUNT.fullmatch), alternative=True),
    ),
    (
        r"must be a valid IPv4 CIDR that represents a network address",
        Format(
            "must be an IPv4 CIDR block without host bits, such as 10.0.0.0/16",
            _text(lambda value: isinstance(network(value), ipaddress.IPv4Network)),
        ),
    ),
    (
        r"must be a valid IPv6 CIDR that represents a network address",
        Format(
            "must be an IPv6 CIDR block without host bits, such as 2001:db8::/56",
            _text(lambda value: isinstance(network(value), ipaddress.IPv6Network)),
        ),
    ),
    (
        r"is not a valid CIDR block|contain a valid Value, got: .* with err: invalid CIDR|to be a valid CIDR Value",
        Format("must be a CIDR block without host bits, such as 10.0.0.0/16", _text(network)),
    ),
    (r"doesn't look like AWS Region", Format("must be an AWS Region", _text(_REGION.fullmatch), alternative=True)),
    (r"RFC3339", Format("must be a time such as 2026-01-31T12:00:00Z", _text(_TIMESTAMP.fullmatch), alternative=True)),
    (
        r"must be a positive integer value",
        Format("must be a positive whole number", _text(_POSITIVE.fullmatch), alternative=True),
    ),
    (r"to be a valid port number or 0", Format("must be a port from 0 to 65535", lambda value: _port(value, 0))),
    (r"to be a valid port number, got", Format("must be a port from 1 to 65535", lambda value: _port(value, 1))),
    (
        r"format of \"ddd:hh24:mi-ddd:hh24:mi\"",
        Format("must be a weekly window such as sun:05:00-sun:06:00", _text(_MAINTENANCE.fullmatch)),
    ),
    (
        r"format of \"hh24:mi-hh24:mi\"",
        Format("must be a daily window such as 04:00-05:00", _text(_DAILY.fullmatch)),
    ),
    (r"contain a valid IP, got|is not a valid IP address", Format("must be an IP address", _text(_address))),
    (
        r"valid IPv4 address",
        Format(
            "must be an IPv4 address", _text(lambda value: _address(value, ipaddress.IPv4Address)), alternative=True
        ),
    ),
    (
        r"to have prefix /, got",
        Format("must start with /", _text(lambda value: value.startswith("/"))),
    ),
)

_LENGTHS = (
    (re.compile(r"cannot be (?:longer|greater) than (\d+) (?:UTF-8 )?character"), "most"),
    (re.compile(r"string length must be at most (\d+)"), "most"),
    (re.compile(r"cannot be less than (\d+) (?:UTF-8 )?character"), "least"),
    (re.compile(r"length must be between (\d+) and (\d+) characters"), "both"),
    (re.compile(r"must be between (\d+) and (\d+) characters"), "both"),
)
_QUOTED = re.compile(r'(?:match regular expression |comply with restrictions \()("(?:[^"\\]|\\.)*")')
_DIVISIBLE = re.compile(r"to be divisible by (\d+)")

# The provider says these rules in English only; the character classes are those of the AWS API reference.
_CHARACTERS: tuple[tuple[str, str], ...] = (
    (
        r"only alphanumeric characters and hyphens (are )?allowed|only alphanumeric characters and hyphens\)",
        r"[0-9A-Za-z-]*",
    ),
    (r"only alphanumeric hyphen and underscore characters", r"[0-9A-Za-z_-]*"),
    (
        r"only alphanumeric, hyphen, underscore, and period|only alphanumeric, underscore, hyphen, or period",
        r"[0-9A-Za-z_.-]*",
    ),
    (
        r"only (include )?alphanumeric, (underscore, period, or|period, underscore, and) hyphen characters",
        r"[0-9A-Za-z_.-]*",
    ),
    (r"consist of alphanumerics, hyphens, and underscores", r"[0-9A-Za-z_-]*"),
    (r"isn't a valid log group name", r"[0-9A-Za-z_\-/#.]*"),
    (r"alphanumeric characters, underscores, hyphens, slashes, hash signs and dots only", r"[0-9A-Za-z_\-/#.]*"),
    (r"must match \[\\w\+=,\.@-\]\)|characters: _?\+=,", r"[\w+=,.@-]*"),
    (r"must match \[0-9A-Za-z_-\]\)", r"[0-9A-Za-z_-]*"),
    (r"must begin with 'alias/' and be comprised of only", r"alias/[0-9A-Za-z_/-]+"),
    (r"alphanumeric characters and /_\+=\.@- special characters", r"[0-9A-Za-z/_+=.@-]*"),
    (r"start with a lowercase alphabet and be at least 3 and no more than 28", r"[a-z][0-9a-z-]{2,27}"),
    (r"only lowercase alphanumeric characters and hyphens\)", r"[0-9a-z-]*"),
    (r"must begin with a lowercase letter", r"[a-z].*"),
    (r"must begin with a letter\)|must begin with alphabetic character", r"[A-Za-z].*"),
    (r"should only contain 0-9, A-Z, a-z, - and _", r"[0-9A-Za-z_-]*"),
    (r"consist of letters, numbers, and hyphens\.", r"[0-9A-Za-z-]*"),
    (r"three alphanumeric sections separated by double colons", r"[0-9A-Za-z]+::[0-9A-Za-z]+::[0-9A-Za-z]+(::MODULE)?"),
    (r"4-7 lowercase letters or numbers", r"[0-9a-z]{4,7}"),
    (r"must start with '/mnt/'", r"/mnt/.*"),
    (r"must not contain colon characters", r"[^:]*"),
    (r"must not contain colon nor asterisk", r"[^:*]*"),
    (r"regular expression pattern: \[\\w\\s\+=,\.@-\]\+", r"[\w\s+=,.@-]+"),
    (r"any letter, number, space, tab, or one of \"\+=,\.@-\"", r"[\w\s+=,.@-]+"),
    (r"usually starts with lambda:", r"lambda:.*|.*"),
    (r"alphanumeric, underscores or dashes only", r"[0-9A-Za-z_-]*"),
    (r"full service hostname", r".+\..+"),
    (r"role's name not its ARN", r"(?!arn:).*"),
    (r"from 16 to 128 alphanumeric characters or symbols", r"[^@\"/ ]{16,128}"),
    (r"either TRANSACTIONAL or PROMOTIONAL", r"TRANSACTIONAL|PROMOTIONAL"),
)


def formats_in(says: Iterable[str]) -> list[Format]:
    """The formats described by the provider's messages about one input; a message that is not recognised gives none."""
    found: dict[str, Format] = {}
    for words in says:
        for form in _understood(words):
            found.setdefault(form.rule, form)
    return list(found.values())


def _understood(words: str) -> Iterator[Format]:
    for pattern, form in _FIXED:
        if re.search(pattern, words):
            yield form
            return
    quoted = _QUOTED.search(words)
    if quoted:
        yield from _regular(quoted[1])
        return
    for pattern, kind in _LENGTHS:
        bounds = pattern.search(words)
        if bounds:
            yield _length(kind, [int(bound) for bound in bounds.groups()])
            return
    divisor = _DIVISIBLE.search(words)
    if divisor:
        yield Format(f"must be divisible by {divisor[1]}", _divisible(int(divisor[1])))
        return
    for phrase, characters in _CHARACTERS:
        if re.search(phrase, words):
            compiled = re.compile(characters, re.DOTALL)
            yield Format(f"must match {characters}", _text(compiled.fullmatch))
            return


def _regular(quoted: str) -> Iterator[Format]:
    try:
        pattern = json.loads(quoted)
    except json.JSONDecodeError:
        return
    test = _matches(pattern)
    if test:
        yield Format(f"must match {pattern}", test)


def _length(kind: str, bounds: list[int]) -> Format:
    low, high = (0, bounds[0]) if kind == "most" else (bounds[0], bounds[-1] if kind == "both" else 10**9)
    rule = {"most": f"must have at most {high} characters", "least": f"must have at least {low} characters"}.get(
        kind, f"must have {low} to {high} characters"
    )
    return Format(rule, _text(lambda value: low <= len(value) <= high))
