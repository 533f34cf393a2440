"""Load balancers as deployed: listener rules, target groups, security groups, and the tasks behind them."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from functions.common import names
from local.errors import LocalError
from local.front.messages import Answer, Call, Forwarder, Unreachable, having, without
from local.front.ports import Processes, SecurityGroups
from local.front.web_acl import WebAcl, web_acl_of
from local.journal import Journal
from local.state import Deployed, Resource

_NOT_ANSWERED: Final = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#drop-invalid-header-fields
_VALID_HEADER: Final = re.compile(r"[-A-Za-z0-9]+")


@dataclass(frozen=True)
class _Rule:
    name: str
    conditions: Sequence[Mapping[str, Any]]
    actions: Sequence[Mapping[str, Any]]

    def matches(self, call: Call) -> bool:
        return all(_met(condition, call) for condition in self.conditions)


@dataclass(frozen=True)
class Target:
    """Tasks of a service behind a target group."""

    service: str
    port: int
    """Of the container."""


class Balancer:
    """One load balancer's listener."""

    def __init__(
        self,
        deployed: Deployed,
        arn: str,
        *,
        forwarder: Forwarder,
        processes: Processes,
        groups: SecurityGroups,
        journal: Journal,
        port: int = 443,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            arn: Of the load balancer.
            port: Of the listener.

        Raises:
            LocalError: the state has no such load balancer or listener.
        """
        self._forwarder, self._processes, self._groups, self._journal = forwarder, processes, groups, journal
        found = deployed.by_arn(arn)
        listeners = [
            listener
            for listener in deployed.of_type("aws:lb/listener:Listener")
            if listener.outputs["loadBalancerArn"] == arn and int(listener.outputs["port"]) == port
        ]
        if found is None or not listeners:
            raise LocalError(f"the state must hold the load balancer {arn} with a listener on port {port}")
        self.name = found.name
        self.port = port
        self.groups: Sequence[str] = found.outputs["securityGroups"]
        self._drops_invalid = bool(found.outputs.get("dropInvalidHeaderFields"))
        self._rules = [*_rules(deployed, listeners[0].arn), _default(listeners[0])]
        self._targets = targets(deployed)
        acl = web_acl_of(deployed, arn)
        self.web_acl = WebAcl(deployed, acl, journal=journal, clock=clock) if acl else None

    async def answer(self, call: Call, *, timeout: float) -> Answer:
        """The answer of the first rule that matches; 502, 503 and 504 as an Application Load Balancer gives them.

        Args:
            timeout: Seconds that the caller waits.
        """
        refusal = None if self.web_acl is None else self.web_acl.refusal(call)
        if refusal is not None:
            return refusal
        rule = next(rule for rule in self._rules if rule.matches(call))
        for action in rule.actions:
            fixed = action.get("fixedResponse")
            if fixed is not None:
                kind = fixed.get("contentType") or "text/plain"
                return Answer.text(int(fixed["statusCode"]), fixed.get("messageBody") or "", kind)
            if action["type"] == "forward":
                return await self._forward(call, _target_group(action), timeout)
        raise LocalError(f"listener rule {rule.name} must forward or answer; its actions are {rule.actions}")

    async def _forward(self, call: Call, target_group: str, timeout: float) -> Answer:
        target = self._targets.get(target_group)
        address = None if target is None else self._processes.address(target.service)
        if target is None or address is None:
            return _error(503)
        verdict = self._groups.allows(self.groups, self._processes.groups(target.service), target.port)
        self._journal.connection(self.name, target.service, target.port, verdict.allowed, verdict.why)
        if not verdict.allowed:
            return _error(504)
        try:
            return await self._forwarder.send(self._passed_on(call), address, timeout=timeout)
        except TimeoutError:
            return _error(504)
        except Unreachable:
            return _error(502)

    def _passed_on(self, call: Call) -> Call:
        sent = call.headers
        if self._drops_invalid:
            sent = tuple((name, value) for name, value in sent if _VALID_HEADER.fullmatch(name))
        before = call.header("x-forwarded-for")
        headers = having(
            without(sent, ("x-forwarded-for",)),
            {
                "x-forwarded-for": f"{before}, {call.client}" if before else call.client,
                "x-forwarded-proto": "https",
                "x-forwarded-port": str(self.port),
            },
        )
        return Call(method=call.method, target=call.target, query=call.query, headers=headers, body=call.body)


def targets(deployed: Deployed) -> dict[str, Target]:
    """ARN of a target group to the tasks in it."""
    found: dict[str, Target] = {}
    for service in deployed.of_type("aws:ecs/service:Service"):
        for balancer in service.outputs.get("loadBalancers") or ():
            target = Target(label(deployed, service), int(balancer["containerPort"]))
            shifting = balancer.get("advancedConfiguration") or {}
            arns = (balancer["targetGroupArn"], shifting.get("alternateTargetGroupArn"))
            found |= {arn: target for arn in arns if arn}
    return found


def label(deployed: Deployed, service: Resource) -> str:
    """Label of an ECS service: `STORE_SERVICE` of its containers, or its logical name without `-service`."""
    task = deployed.by_arn(service.outputs["taskDefinition"])
    containers = [] if task is None else json.loads(task.outputs["containerDefinitions"])
    given = {entry["name"]: entry["value"] for each in containers for entry in each.get("environment") or ()}
    return given.get(names.SERVICE) or service.name.removesuffix("-service")


def _rules(deployed: Deployed, listener_arn: str) -> list[_Rule]:
    found = [
        rule
        for rule in deployed.of_type("aws:lb/listenerRule:ListenerRule")
        if rule.outputs["listenerArn"] == listener_arn
    ]
    found.sort(key=lambda rule: int(rule.outputs["priority"]))
    for rule in found:
        for condition in rule.outputs["conditions"]:
            unknown = {kind for kind, wanted in condition.items() if wanted} - _CONDITIONS.keys()
            if unknown:
                raise LocalError(
                    f"listener rule {rule.name} must have conditions of {sorted(_CONDITIONS)}; found {sorted(unknown)}"
                )
    return [_Rule(rule.name, rule.outputs["conditions"], rule.outputs["actions"]) for rule in found]


def _default(listener: Resource) -> _Rule:
    return _Rule(f"default of {listener.name}", (), listener.outputs["defaultActions"])


def _target_group(action: Mapping[str, Any]) -> str:
    if action.get("targetGroupArn"):
        return action["targetGroupArn"]
    weighted = action["forward"]["targetGroups"]
    return max(weighted, key=lambda group: int(group.get("weight", 1)))["arn"]


def pattern(value: str, *, flags: int = 0) -> re.Pattern[str]:
    """A pattern of AWS in which `*` stands for any characters and `?` for one."""
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(letter) or re.escape(letter) for letter in value), flags | re.DOTALL)


def _any(values: Sequence[str], given: str, flags: int = 0) -> bool:
    return any(pattern(value, flags=flags).fullmatch(given) for value in values)


def _path_met(wanted: Mapping[str, Any], call: Call) -> bool:
    return _any(wanted["values"], call.target)


def _host_met(wanted: Mapping[str, Any], call: Call) -> bool:
    host = (call.header("host") or "").partition(":")[0]
    return _any(wanted["values"], host, re.IGNORECASE)


def _header_met(wanted: Mapping[str, Any], call: Call) -> bool:
    given = call.header(wanted["httpHeaderName"].lower())
    return given is not None and _any(wanted["values"], given, re.IGNORECASE)


def _method_met(wanted: Mapping[str, Any], call: Call) -> bool:
    return call.method in wanted["values"]


# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
_CONDITIONS: Final[Mapping[str, Callable[[Mapping[str, Any], Call], bool]]] = {
    "pathPattern": _path_met,
    "hostHeader": _host_met,
    "httpHeader": _header_met,
    "httpRequestMethod": _method_met,
}


def _met(condition: Mapping[str, Any], call: Call) -> bool:
    return all(_CONDITIONS[kind](wanted, call) for kind, wanted in condition.items() if wanted)


def _error(status: int) -> Answer:
    title = f"{status} {_NOT_ANSWERED[status]}"
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n"
    )
    return Answer.text(status, page + "</html>\r\n", "text/html", server="awselb/2.0")
