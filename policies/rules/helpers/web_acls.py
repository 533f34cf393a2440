"""Rules and managed rule groups of web ACLs, in every form."""

from collections.abc import Iterator
from typing import Any

from policies.library.documents import is_unreadable, parse
from policies.library.resources import Resource, Stack
from policies.library.rules import Problem, Subject
from policies.library.values import UNKNOWN, as_list, read
from policies.library.yaml_text import DEPTH_MAX

ACL = "wafv2/webAcl"
ASSOCIATION = "wafv2/webAclAssociation"
_GROUP_BLOCKS = ("managedrulegroupstatement", "managedrulegroup", "managedrulegroups")


def is_laid_out(value: Any, key: str = "rules") -> bool:
    """Whether the statements in a structure of rules are known; the values that they compare with may be unknown."""
    if value is UNKNOWN:
        return key.lower() not in _GROUP_BLOCKS and not key.lower().endswith(("rules", "statement", "statements"))
    if isinstance(value, dict):
        return all(is_laid_out(item, name) for name, item in value.items())
    return all(is_laid_out(item, key) for item in value) if isinstance(value, list) else True


def _named_groups(value: Any) -> tuple[set[str], bool]:
    """Names of the AWS managed groups anywhere in a structure of rules, and whether all groups in it are known."""
    names: set[str] = set()
    complete = is_laid_out(value)
    if isinstance(value, dict):
        for key, item in value.items():
            if key.lower() in _GROUP_BLOCKS:
                for group in as_list(item):
                    parts = {k.lower(): v for k, v in group.items()} if isinstance(group, dict) else {}
                    vendor, name = parts.get("vendorname", "AWS"), parts.get("name", UNKNOWN)
                    if isinstance(name, str) and vendor == "AWS":
                        names.add(name)
                    complete = complete and name is not UNKNOWN and vendor is not UNKNOWN
            else:
                inner, known = _named_groups(item) if isinstance(item, dict | list) else (set(), True)
                names |= inner
                complete = complete and known
    elif isinstance(value, list):
        for item in value:
            inner, known = _named_groups(item)
            names |= inner
            complete = complete and known
    return names, complete


def rules_in_json(acl: Resource) -> Any:
    """Rules of a web ACL that are given as JSON text; `UNKNOWN` if it cannot be read."""
    return parse(read(acl.props, "ruleJson"))


def unreadable_json(acl: Resource) -> Iterator[Problem]:
    """The problem of rules that are given as a text that is no JSON."""
    if is_unreadable(read(acl.props, "ruleJson"), rules_in_json(acl)):
        yield Problem(
            "ruleJson",
            f"ruleJson (rule_json) must be JSON that can be read, nested at most {DEPTH_MAX} deep; nothing in it was"
            " judged",
        )


def rules_of(stack: Stack, acl: Resource) -> list[Any]:
    """Rules of a web ACL, its own in all forms and those attached to it; unknown ones as `UNKNOWN`."""
    sources = [read(acl.props, "rules")]
    sources.append(rules_in_json(acl))
    for kind in ("wafv2/webAclRule", "wafv2/webAclRuleGroupAssociation"):
        sources += [attached.props for attached in stack.pointing_at(acl, kind, "webAclArn")]
    return sources


def managed_groups(subject: Subject, acl: Resource) -> tuple[set[str], bool]:
    """AWS managed groups of a web ACL, and whether all of its rules are known."""
    names: set[str] = set()
    complete = True
    for source in rules_of(subject.stack, acl):
        found, known = _named_groups(source)
        names |= found
        complete = complete and known
    return names, complete
