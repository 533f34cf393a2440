"""Rules of web ACLs, one at a time."""

from typing import Any

import pytest

from local.errors import LocalError
from local.front.messages import Call
from local.front.web_acl import WebAcl, web_acl_of
from local.journal import Journal
from local.state import Deployed

_URN = "urn:pulumi:dev::web-store::"
ACL, ADDRESSES, PATTERNS, BALANCER = "arn:acl", "arn:addresses", "arn:patterns", "arn:balancer"
AS_IT_IS = [{"priority": 0, "type": "NONE"}]
PATH = {"fieldToMatch": {"uriPath": {}}, "textTransformations": AS_IT_IS}


def deployed(*rules: dict[str, Any], default: str = "allow") -> Deployed:
    bodies = [{"key": "no", "content": "{}", "contentType": "APPLICATION_JSON"}]
    found = {
        "aws:wafv2/webAcl:WebAcl": {
            "arn": ACL,
            "rules": [{"priority": number, "name": f"r{number}", **rule} for number, rule in enumerate(rules)],
            "customResponseBodies": bodies,
            "defaultAction": {default: {}},
        },
        "aws:wafv2/ipSet:IpSet": {"arn": ADDRESSES, "addresses": ["203.0.113.0/24", "2001:db8::/32"]},
        "aws:wafv2/regexPatternSet:RegexPatternSet": {
            "arn": PATTERNS,
            "regularExpressions": [{"regexString": "^/a"}, {"regexString": "^/b"}],
        },
        "aws:wafv2/webAclAssociation:WebAclAssociation": {"webAclArn": ACL, "resourceArn": BALANCER},
    }
    return Deployed(
        {"urn": f"{_URN}{token}::{token[-6:]}", "type": token, "outputs": out} for token, out in found.items()
    )


def block(statement: dict[str, Any], **response: Any) -> dict[str, Any]:
    return {"action": {"block": {"customResponse": response} if response else {}}, "statement": statement}


def starts(path: str) -> dict[str, Any]:
    return {"byteMatchStatement": {"searchString": path, "positionalConstraint": "STARTS_WITH", **PATH}}


def inspects(field: dict[str, Any], text: str, kind: str = "CONTAINS", *steps: str) -> dict[str, Any]:
    transformations = [{"priority": place, "type": step} for place, step in enumerate(steps or ("NONE",))]
    given = {"searchString": text, "positionalConstraint": kind, "fieldToMatch": field}
    return {"byteMatchStatement": {**given, "textTransformations": transformations}}


CALL = Call(
    method="POST",
    target="/a/B%20c",
    query="Q=x%20y&z=1",
    headers=(("user-agent", "Robot 7"),),
    body=b"body",
    client="203.0.113.9",
)


@pytest.mark.parametrize(
    ("statement", "matches"),
    [
        (starts("/a"), True),
        (starts("/b"), False),
        ({"notStatement": {"statement": starts("/b")}}, True),
        ({"andStatement": {"statements": [starts("/a"), starts("/b")]}}, False),
        ({"orStatement": {"statements": [starts("/b"), starts("/a")]}}, True),
        ({"ipSetReferenceStatement": {"arn": ADDRESSES}}, True),
        ({"regexPatternSetReferenceStatement": {"arn": PATTERNS, **PATH}}, True),
        ({"regexMatchStatement": {"regexString": "B%20c$", **PATH}}, True),
        (inspects({"uriPath": {}}, "/a/b c", "EXACTLY", "URL_DECODE", "LOWERCASE"), True),
        (inspects({"queryString": {}}, "z=1", "ENDS_WITH"), True),
        (inspects({"singleQueryArgument": {"name": "q"}}, "x y", "EXACTLY"), True),
        (inspects({"singleHeader": {"name": "User-Agent"}}, "Robot", "CONTAINS_WORD"), True),
        (inspects({"singleHeader": {"name": "Cookie"}}, "", "CONTAINS"), False),
        (inspects({"method": {}}, "POST", "EXACTLY"), True),
        (inspects({"body": {}}, "od"), True),
        ({"sizeConstraintStatement": {"comparisonOperator": "GE", "size": 8, **PATH}}, True),
        ({"sizeConstraintStatement": {"comparisonOperator": "LT", "size": 8, **PATH}}, False),
    ],
)
def test_a_statement_matches_as_waf_says(journal: Journal, statement: dict[str, Any], matches: bool) -> None:
    refusal = WebAcl(deployed(block(statement)), ACL, journal=journal).refusal(CALL)
    assert (refusal is not None) is matches


@pytest.mark.parametrize(("handling", "blocked"), [("MATCH", True), ("NO_MATCH", False), ("CONTINUE", False)])
def test_a_body_above_what_waf_reads_is_handled_as_the_rule_says(
    journal: Journal, handling: str, blocked: bool
) -> None:
    field = {"body": {"oversizeHandling": handling}}
    size = {"comparisonOperator": "GT", "size": 20_000, "fieldToMatch": field, "textTransformations": AS_IT_IS}
    acl = WebAcl(deployed(block({"sizeConstraintStatement": size})), ACL, journal=journal)
    assert (acl.refusal(Call(body=b"x" * 17_000)) is not None) is blocked


def test_an_earlier_rule_that_allows_ends_it_and_one_that_counts_does_not(journal: Journal) -> None:
    allow, count = {"action": {"allow": {}}}, {"action": {"count": {}}}
    admitted = deployed({**allow, "statement": starts("/a")}, block(starts("/")))
    assert WebAcl(admitted, ACL, journal=journal).refusal(CALL) is None
    counted = deployed({**count, "statement": starts("/a")}, block(starts("/")))
    assert WebAcl(counted, ACL, journal=journal).refusal(CALL) is not None
    assert [entry["rule"] for entry in journal.entries("web_acl.matched")] == ["r0", "r1"]


def test_a_response_is_the_rules_own(journal: Journal) -> None:
    headers = [{"name": "X-Why", "value": "rule"}]
    rules = (
        block(starts("/a"), responseCode="429", customResponseBodyKey="no", responseHeaders=headers),
        block(starts("/b"), responseCode=418),
        block(starts("/c")),
    )
    acl = WebAcl(deployed(*rules, default="block"), ACL, journal=journal)
    answers = [acl.refusal(Call(target=target)) for target in ("/a", "/b", "/c", "/d")]
    assert [answer and answer.status for answer in answers] == [429, 418, 403, 403]
    assert answers[0]
    assert (answers[0].body, answers[0].header("content-type")) == (b"{}", "application/json")
    assert answers[0].header("x-why") == "rule"


def rate(**given: Any) -> dict[str, Any]:
    return block({"rateBasedStatement": {"limit": 1, "evaluationWindowSec": 60, **given}})


BY_HEADER = [{"header": {"name": "X-Client", "textTransformations": AS_IT_IS}}, {"ip": {}}]


@pytest.mark.parametrize(
    ("given", "second", "blocked"),
    [
        ({"aggregateKeyType": "IP"}, Call(client="1.1.1.1"), True),
        ({"aggregateKeyType": "IP"}, Call(client="1.1.1.2"), False),
        ({"aggregateKeyType": "CONSTANT"}, Call(client="1.1.1.2"), True),
        ({"aggregateKeyType": "IP", "scopeDownStatement": starts("/x")}, Call(client="1.1.1.1"), False),
        ({"aggregateKeyType": "CUSTOM_KEYS", "customKeys": BY_HEADER}, Call(client="1.1.1.1"), False),
    ],
)
def test_requests_are_counted_by_the_rules_key(
    journal: Journal, given: dict[str, Any], second: Call, blocked: bool
) -> None:
    acl = WebAcl(deployed(rate(**given)), ACL, journal=journal, clock=lambda: 0.0)
    assert acl.refusal(Call(client="1.1.1.1", headers=(("x-client", "a"),))) is None
    assert (acl.refusal(second) is not None) is blocked


def test_a_forwarded_address_counts_and_its_absence_does_not(journal: Journal) -> None:
    config = {"headerName": "X-Client", "fallbackBehavior": "MATCH"}
    acl = WebAcl(
        deployed(rate(aggregateKeyType="FORWARDED_IP", forwardedIpConfig=config)),
        ACL,
        journal=journal,
        clock=lambda: 0.0,
    )
    sent = Call(headers=(("x-client", "203.0.113.7, 10.0.0.1"),))
    other = Call(headers=(("x-client", "203.0.113.8"),))
    found = [acl.refusal(call) is not None for call in (sent, Call(), Call(), Call(), other, sent)]
    assert found == [False, False, False, False, False, True]


@pytest.mark.parametrize("inner", ["geoMatchStatement", "labelMatchStatement", "managedRuleGroupStatement"])
def test_a_rule_with_a_part_that_is_not_judged_blocks_nobody_and_is_listed(journal: Journal, inner: str) -> None:
    acl = WebAcl(deployed(block({"notStatement": {"statement": {inner: {}}}})), ACL, journal=journal)
    assert acl.refusal(CALL) is None, "its negation would block everybody"
    assert acl.not_judged == [f"{acl.name}: r0 ({inner})"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (block({"sqliMatchStatement": {}}), "sqliMatchStatement"),
        (block({"notStatement": {"statement": {"xssMatchStatement": {}}}}), "xssMatchStatement"),
    ],
)
def test_an_unknown_statement_is_said_at_the_start(journal: Journal, rule: dict[str, Any], words: str) -> None:
    with pytest.raises(LocalError, match=words):
        WebAcl(deployed(rule), ACL, journal=journal)


def test_a_resource_has_the_web_acl_that_it_is_associated_with(journal: Journal) -> None:
    assert web_acl_of(deployed(), BALANCER) == ACL
    assert web_acl_of(deployed(), "arn:other") is None
    with pytest.raises(LocalError, match="arn:none"):
        WebAcl(deployed(), "arn:none", journal=journal)
