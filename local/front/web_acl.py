"""Web ACLs as deployed: closed paths, patterns, sizes and rate limits, without AWS's managed rule groups."""

import posixpath
import re
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, Final
from urllib.parse import unquote

from local.errors import LocalError
from local.front.messages import Answer, Call
from local.journal import Journal
from local.state import Deployed

_ACL: Final = "aws:wafv2/webAcl:WebAcl"
_ASSOCIATION: Final = "aws:wafv2/webAclAssociation:WebAclAssociation"
# A body is inspected up to 16 KiB (https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-setting-body-inspection-limit.html).
_INSPECTED: Final = 16 * 1024
_FORBIDDEN: Final = 403


def _normalized(value: str) -> str:
    """https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-transformation.html"""
    shortest = posixpath.normpath(re.sub("/+", "/", value))
    return f"{shortest}/" if value.endswith("/") and shortest != "/" else shortest


_TRANSFORMATIONS: Final[Mapping[str, Callable[[str], str]]] = {
    "NONE": str,
    "URL_DECODE": unquote,
    "NORMALIZE_PATH": _normalized,
    "LOWERCASE": str.lower,
    "COMPRESS_WHITE_SPACE": lambda value: re.sub(r"\s+", " ", value),
}
_POSITIONS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "EXACTLY": str.__eq__,
    "STARTS_WITH": str.startswith,
    "ENDS_WITH": str.endswith,
    "CONTAINS": str.__contains__,
    "CONTAINS_WORD": lambda text, word: re.search(rf"\b{re.escape(word)}\b", text) is not None,
}
_COMPARISONS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "EQ": int.__eq__,
    "NE": int.__ne__,
    "LT": int.__lt__,
    "LE": int.__le__,
    "GT": int.__gt__,
    "GE": int.__ge__,
}


@dataclass(frozen=True)
class _Rule:
    name: str
    statement: Mapping[str, Any]
    action: str
    """`block`, `allow` or `count`."""
    response: Answer | None


class WebAcl:
    """Judges requests in the order of its rules' priorities.

    Rate limits are exact, where AWS counts every few seconds
    (https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-request-aggregation.html).
    """

    def __init__(
        self, deployed: Deployed, arn: str, *, journal: Journal, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """
        Raises:
            LocalError: the state has no such web ACL, or a rule of it has a statement that is not known here.
        """
        found = deployed.by_arn(arn)
        if found is None:
            raise LocalError(f"the state must hold the web ACL {arn}")
        self.name = found.name
        self._journal, self._clock = journal, clock
        self._sets = {
            resource.arn: resource.outputs
            for token in ("aws:wafv2/regexPatternSet:RegexPatternSet", "aws:wafv2/ipSet:IpSet")
            for resource in deployed.of_type(token)
        }
        self._seen: dict[tuple[str, ...], deque[float]] = {}
        bodies = {body["key"]: body for body in found.outputs.get("customResponseBodies") or ()}
        self.not_judged: list[str] = []
        """Rules whose contents AWS keeps to itself, or that need what a laptop lacks."""
        self._rules: list[_Rule] = []
        for rule in sorted(found.outputs["rules"], key=lambda rule: int(rule["priority"])):
            if self._is_known(rule["name"], _given(rule["statement"])):
                self._rules.append(_rule(rule, bodies))
        self._blocks_others = "block" in found.outputs["defaultAction"]

    def refusal(self, call: Call) -> Answer | None:
        """The answer to a request that a rule blocks; None lets it pass."""
        for rule in self._rules:
            if not self._matches(rule.name, rule.statement, call):
                continue
            if rule.action != "allow":
                self._journal.event("web_acl.matched", web_acl=self.name, rule=rule.name, action=rule.action)
            if rule.action == "block":
                return rule.response
            if rule.action == "allow":
                return None
        return _response({}, {}) if self._blocks_others else None

    def _is_known(self, rule: str, statement: Mapping[str, Any]) -> bool:
        """False for a rule with a part that is not judged: as a whole it says nothing."""
        for kind, given in statement.items():
            if kind in _NOT_JUDGED:
                self.not_judged.append(f"{self.name}: {rule} ({given.get('name') or kind})")
                return False
            if kind not in _STATEMENTS:
                raise LocalError(
                    f"rule {rule} of web ACL {self.name} must have a statement of {sorted(_STATEMENTS)} or"
                    f" {sorted(_NOT_JUDGED)}; found {kind}"
                )
            if not all(self._is_known(rule, inner) for inner in _inner(kind, given)):
                return False
        return True

    def _matches(self, rule: str, statement: Mapping[str, Any], call: Call) -> bool:
        ((kind, given),) = statement.items()
        return _STATEMENTS[kind](self, rule, given, call)

    def _all(self, rule: str, given: Mapping[str, Any], call: Call) -> bool:
        return all(self._matches(rule, inner, call) for inner in _inner("andStatement", given))

    def _any(self, rule: str, given: Mapping[str, Any], call: Call) -> bool:
        return any(self._matches(rule, inner, call) for inner in _inner("orStatement", given))

    def _none(self, rule: str, given: Mapping[str, Any], call: Call) -> bool:
        (inner,) = _inner("notStatement", given)
        return not self._matches(rule, inner, call)

    def _regex(self, _: str, given: Mapping[str, Any], call: Call) -> bool:
        return any(re.search(given["regexString"], text) for text in _texts(given, call))

    def _regexes(self, _: str, given: Mapping[str, Any], call: Call) -> bool:
        patterns = [entry["regexString"] for entry in self._sets[given["arn"]]["regularExpressions"]]
        return any(re.search(pattern, text) for text in _texts(given, call) for pattern in patterns)

    def _bytes(self, _: str, given: Mapping[str, Any], call: Call) -> bool:
        holds = _POSITIONS[given["positionalConstraint"]]
        return any(holds(text, given["searchString"]) for text in _texts(given, call))

    def _size(self, _: str, given: Mapping[str, Any], call: Call) -> bool:
        field = _given(given["fieldToMatch"])
        if "body" in field and len(call.body) > _INSPECTED:
            handling = (field["body"] or {}).get("oversizeHandling")
            if handling in ("MATCH", "NO_MATCH"):
                return handling == "MATCH"
        compare = _COMPARISONS[given["comparisonOperator"]]
        return any(compare(len(text.encode("latin-1")), int(given["size"])) for text in _texts(given, call))

    def _address(self, _: str, given: Mapping[str, Any], call: Call) -> bool:
        client = ip_address(call.client)
        return any(client in ip_network(entry, strict=False) for entry in self._sets[given["arn"]]["addresses"])

    def _rate(self, rule: str, given: Mapping[str, Any], call: Call) -> bool:
        scope = given.get("scopeDownStatement")
        if scope and not self._matches(rule, _given(scope), call):
            return False
        key = _key(given, call)
        if key is None:
            return False
        now, window = self._clock(), float(given.get("evaluationWindowSec") or 300)
        seen = self._seen.setdefault((rule, *key), deque(maxlen=int(given["limit"]) + 1))
        while seen and seen[0] <= now - window:
            seen.popleft()
        seen.append(now)
        return len(seen) > int(given["limit"])


_Match = Callable[[WebAcl, str, Mapping[str, Any], Call], bool]
_STATEMENTS: Final[Mapping[str, _Match]] = {
    "andStatement": WebAcl._all,
    "orStatement": WebAcl._any,
    "notStatement": WebAcl._none,
    "regexMatchStatement": WebAcl._regex,
    "regexPatternSetReferenceStatement": WebAcl._regexes,
    "byteMatchStatement": WebAcl._bytes,
    "sizeConstraintStatement": WebAcl._size,
    "ipSetReferenceStatement": WebAcl._address,
    "rateBasedStatement": WebAcl._rate,
}
_NOT_JUDGED: Final = ("managedRuleGroupStatement", "geoMatchStatement", "labelMatchStatement")


def web_acl_of(deployed: Deployed, resource_arn: str) -> str | None:
    """ARN of the web ACL that a resource is associated with."""
    for association in deployed.of_type(_ASSOCIATION):
        if association.outputs["resourceArn"] == resource_arn:
            return association.outputs["webAclArn"]
    return None


def _rule(rule: Mapping[str, Any], bodies: Mapping[str, Mapping[str, Any]]) -> _Rule:
    action = _given(rule.get("action") or {"count": {}})
    block = action.get("block")
    response = None if block is None else _response(block, bodies)
    return _Rule(rule["name"], _given(rule["statement"]), next(iter(action)), response)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Members that are there; an empty one counts (`block: {}`)."""
    return {name: value for name, value in values.items() if value is not None}


def _inner(kind: str, given: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Statements within a statement."""
    if kind in ("andStatement", "orStatement"):
        return [_given(statement) for statement in given["statements"]]
    if kind == "notStatement":
        inner = given["statement"] if "statement" in given else given["statements"][0]
        return [_given(inner)]
    scope = given.get("scopeDownStatement")
    return [_given(scope)] if scope and kind == "rateBasedStatement" else []


def _texts(given: Mapping[str, Any], call: Call) -> list[str]:
    """What the statement inspects, transformed."""
    texts = _fields(_given(given["fieldToMatch"]), call)
    for step in sorted(given["textTransformations"], key=lambda step: int(step["priority"])):
        texts = [_TRANSFORMATIONS[step["type"]](text) for text in texts]
    return texts


def _fields(field: Mapping[str, Any], call: Call) -> list[str]:
    ((kind, about),) = field.items()
    match kind:
        case "uriPath":
            return [call.target]
        case "queryString":
            return [call.query]
        case "method":
            return [call.method]
        case "body":
            return [call.body[:_INSPECTED].decode("latin-1")]
        case "singleHeader":
            return [value for name, value in call.headers if name == about["name"].lower()]
        case "singleQueryArgument":
            return [value for name, value in call.parameters if name.lower() == about["name"].lower()]
        case _:
            raise LocalError(f"a rule of a web ACL must inspect a field that is known here; found {kind}")


def _key(given: Mapping[str, Any], call: Call) -> tuple[str, ...] | None:
    """What requests are counted by; None does not count the request."""
    match given["aggregateKeyType"]:
        case "IP":
            return (call.client,)
        case "FORWARDED_IP":
            config = given["forwardedIpConfig"]
            sent = call.header(config["headerName"].lower())
            if sent is None:
                # WAF does not apply the rule to a request without the header.
                return None
            return (sent.partition(",")[0].strip(),)
        case "CONSTANT":
            return ("",)
        case "CUSTOM_KEYS":
            return _custom_key(given["customKeys"], call)
        case other:
            raise LocalError(f"a rate limit must count by a key that is known here; found {other}")


def _custom_key(keys: Sequence[Mapping[str, Any]], call: Call) -> tuple[str, ...] | None:
    parts: list[str] = []
    for key in keys:
        ((kind, about),) = _given(key).items()
        match kind:
            case "ip":
                parts.append(call.client)
            case "header":
                value = call.header(about["name"].lower())
                if value is None:
                    return None
                parts.append(value)
            case "uriPath":
                parts.append(call.target)
            case "httpMethod":
                parts.append(call.method)
            case _:
                raise LocalError(f"a rate limit must count by a key that is known here; found {kind}")
    return tuple(parts)


def _response(block: Mapping[str, Any], bodies: Mapping[str, Mapping[str, Any]]) -> Answer:
    custom = block.get("customResponse")
    if not custom:
        return Answer.text(_FORBIDDEN, "Forbidden")
    headers = tuple((header["name"].lower(), header["value"]) for header in custom.get("responseHeaders") or ())
    body = bodies.get(custom.get("customResponseBodyKey") or "")
    status = int(custom["responseCode"])
    if body is None:
        return Answer(status=status, headers=headers)
    kind = body["contentType"].replace("_", "/").lower()
    return Answer(status=status, headers=(("content-type", kind), *headers), body=body["content"].encode())
