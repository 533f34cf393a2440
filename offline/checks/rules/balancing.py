"""Load balancers: names, health checks, listeners and their rules."""

from collections.abc import Iterator

from offline.checks.block import Block
from offline.checks.planned import Planned
from offline.checks.problem import Problem
from offline.checks.rules.registry import rule

_FAMILIES = ("lb", "alb")
_ACTIONS = {
    "redirect": "redirect",
    "fixed-response": "fixedResponse",
    "authenticate-cognito": "authenticateCognito",
    "authenticate-oidc": "authenticateOidc",
}
_CONDITIONS = ("hostHeader", "httpHeader", "httpRequestMethod", "pathPattern", "queryStrings", "sourceIp")
_MAX_RULE_VALUES = 5


def _tokens(kind: str) -> tuple[str, ...]:
    return tuple(f"{family}/{kind[0].lower()}{kind[1:]}:{kind}" for family in _FAMILIES)


@rule(*_tokens("LoadBalancer"), *_tokens("TargetGroup"))
def hyphens(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"""
    name = args.text("name")
    if name and (name.startswith("-") or name.endswith("-")):
        yield args.problem("name", "the name cannot begin or end with a hyphen")


@rule(*_tokens("LoadBalancer"))
def load_balancer(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html"""
    if (args.text("name") or "").startswith("internal-"):
        yield args.problem("name", "the name cannot begin with internal-")
    if args.given("subnets") and args.given("subnetMappings"):
        yield args.problem_without_value("subnets", "only one of subnets and subnetMappings may be set")
    application = args.missing("loadBalancerType") or args.text("loadBalancerType") == "application"
    for name in ("subnets", "subnetMappings"):
        if application and args.count(name) == 1:
            yield args.problem_without_value(
                name, "an application load balancer needs subnets of at least two zones; received one"
            )


@rule(*_tokens("TargetGroup"))
def target_group(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html"""
    kind = args.text("targetType")
    if kind != "lambda" and not args.unknown("targetType"):
        for name in ("port", "protocol", "vpcId"):
            if args.missing(name):
                yield args.problem(name, f"targets of type {kind or 'instance'} need {name}")
    health = args.block("healthCheck")
    if health:
        yield from _health(args, health)
    stickiness = args.block("stickiness")
    if stickiness and stickiness.text("type") in ("lb_cookie", "app_cookie"):
        if args.text("protocol") in ("TCP", "UDP", "TCP_UDP", "TLS"):
            yield stickiness.problem("type", "cookie stickiness needs protocol HTTP or HTTPS")
        if stickiness.text("type") == "app_cookie" and stickiness.missing("cookieName"):
            yield stickiness.problem("cookieName", "stickiness of type app_cookie needs the name of the cookie")


def _health(args: Block, health: Block) -> Iterator[Problem]:
    timeout, interval = health.number("timeout"), health.number("interval")
    if timeout is not None and interval is not None:
        web = args.text("protocol") in ("HTTP", "HTTPS")
        if timeout > interval or (web and timeout == interval):
            yield health.problem("timeout", f"the timeout must be shorter than the interval ({interval:g} s)")
    if health.text("protocol") == "TCP":
        for name in ("path", "matcher"):
            if health.given(name):
                yield health.problem(name, "must not be set: a TCP health check has no path and no matcher")


@rule(*_tokens("Listener"))
def listener(args: Block, _: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html"""
    protocol = (args.text("protocol") or "").upper()
    if protocol in ("HTTPS", "TLS"):
        if args.missing("certificateArn"):
            yield args.problem("certificateArn", f"a listener of protocol {protocol} needs a certificate")
    elif protocol:
        for name in ("certificateArn", "sslPolicy"):
            if args.given(name):
                yield args.problem(
                    name, f"a listener of protocol {protocol} must not have a certificate or a TLS policy"
                )
    policy = args.text("sslPolicy")
    if policy and not policy.startswith("ELBSecurityPolicy-"):
        yield args.problem("sslPolicy", "must be the name of a TLS policy, ELBSecurityPolicy-...")
    for action in args.blocks("defaultActions"):
        yield from _action(action)


@rule(*_tokens("ListenerRule"))
def listener_rule(args: Block, planned: Planned) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html"""
    priority = args.number("priority")
    if priority is not None and not 1 <= priority <= 50000:
        yield args.problem("priority", "the priority of a rule must be between 1 and 50000")
    elif priority is not None:
        yield from _taken(args, priority, planned)
    for action in args.blocks("actions"):
        yield from _action(action)
    values = 0
    for condition in args.blocks("conditions"):
        given = [name for name in _CONDITIONS if condition.given(name)]
        if len(given) != 1:
            received = ", ".join(given) or "none"
            yield Problem(
                condition.path, f"a condition must have exactly one of {', '.join(_CONDITIONS)}; received {received}"
            )
        values += sum(len(list(block.texts("values"))) for name in given for block in condition.blocks(name))
    if values > _MAX_RULE_VALUES:
        yield args.problem_without_value(
            "conditions", f"a rule must have at most {_MAX_RULE_VALUES} condition values; received {values}"
        )


def _taken(args: Block, priority: float, planned: Planned) -> Iterator[Problem]:
    several = sum(len(planned.of(f"aws:{token}")) for token in _tokens("Listener")) != 1
    for token in _tokens("ListenerRule"):
        for urn, inputs in planned.of(f"aws:{token}"):
            other = Block(inputs)
            same = other.raw("listenerArn") == args.raw("listenerArn") and args.given("listenerArn")
            if same and other.number("priority") == priority and not (args.unknown("listenerArn") and several):
                name = urn.rsplit("::", 1)[-1]
                yield args.problem(
                    "priority", f"{name} has this priority at the same listener; priorities must be unique"
                )
                return


def _action(action: Block) -> Iterator[Problem]:
    kind = action.text("type")
    needed = _ACTIONS.get(kind or "")
    if kind == "forward":
        if action.missing("targetGroupArn") and action.missing("forward"):
            yield action.problem("targetGroupArn", "an action of type forward needs targetGroupArn or forward")
    elif needed and action.missing(needed):
        yield action.problem(needed, f"an action of type {kind} needs {needed}")
    redirect = action.block("redirect")
    port = redirect.text("port") if redirect else None
    if redirect and port and port != "#{port}" and not (port.isdigit() and 1 <= int(port) <= 65535):
        yield redirect.problem("port", "the port of a redirect must be 1 to 65535 or #{port}")
