"""Load balancers: what a target group serves, and what a service is attached to."""

from collections.abc import Iterator

from offline.aws.steps.step import Neighbour, Step, step_rule
from offline.checks.block import Block

_LISTENER, _RULE = "lb/listener", "lb/listenerRule"
_NEW = "a new load balancer"


@step_rule(_LISTENER, _RULE, on=("create", "update"))
def one_balancer(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html

    TargetGroupAssociationLimit: hashicorp/terraform-provider-aws#22005.
    """
    balancer = _balancer_of_the_step(step)
    for path, group in _groups(step.new):
        for other in step.around.mentioning(group, _LISTENER, _RULE):
            theirs = _balancer(step, other.kind, other.inputs)
            if balancer and theirs and theirs != balancer and group in {arn for _, arn in _groups(other.inputs)}:
                yield (
                    "TargetGroupAssociationLimit: The following target groups cannot be associated with more than one "
                    f"load balancer: {group} (property {path}); {theirs} has it by {other.kind} {other.id}"
                )


def _groups(args: Block) -> Iterator[tuple[str, str]]:
    """`(path, ARN)` of the target groups that a listener or rule forwards to."""
    for action in (*args.blocks("defaultActions"), *args.blocks("actions")):
        if action.text("targetGroupArn"):
            yield action.at("targetGroupArn"), action.text("targetGroupArn") or ""
        forward = action.block("forward")
        for group in forward.blocks("targetGroups") if forward else ():
            if group.text("arn"):
                yield group.at("arn"), group.text("arn") or ""


def _balancer(step: Step, kind: str, args: Block) -> str | None:
    if kind == _LISTENER:
        return args.text("loadBalancerArn")
    listener = step.around.named(args.text("listenerArn"), _LISTENER)
    return listener.inputs.text("loadBalancerArn") if listener else None


def _balancer_of_the_step(step: Step) -> str | None:
    """Its ARN or `_NEW`; None while it is not known."""
    if step.kind == _LISTENER:
        return _NEW if step.new.unknown("loadBalancerArn") else step.new.text("loadBalancerArn")
    if not step.new.unknown("listenerArn"):
        return _balancer(step, _RULE, step.new)
    before = step.around.predecessor
    listener = step.around.named(Block(before.inputs).text("listenerArn"), _LISTENER) if before else None
    planned = step.around.run.planned(listener.urn) if listener else None
    if planned is None:
        return None
    return _NEW if Block(planned).unknown("loadBalancerArn") else Block(planned).text("loadBalancerArn")


@step_rule("ecs/service", on=("create", "update"))
def attached_group(step: Step) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-troubleshooting.html"""
    if step.around.is_preview:
        return  # listeners that are planned do not exist yet
    for balancer in step.new.blocks("loadBalancers"):
        group = balancer.text("targetGroupArn")
        if group and not _is_attached(step, group):
            yield (
                f"InvalidParameterException: The target group with targetGroupArn {group} does not have an associated "
                f"load balancer. (property {balancer.at('targetGroupArn')})"
            )


def _is_attached(step: Step, group: str) -> bool:
    users: Iterator[Neighbour] = step.around.mentioning(group, _LISTENER, _RULE)
    return any(group in {arn for _, arn in _groups(user.inputs)} for user in users)
