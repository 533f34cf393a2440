"""What AWS runs at the moment of an update, where Pulumi's state holds only what was asked for."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.blocks.ready import once_ready


def once_running(
    service: aws.ecs.Service, *, setting: str, min_tasks: int, is_preview: bool, opts: pulumi.InvokeOutputOptions
) -> pulumi.Output[str]:
    """Name of the service; in an update, once AWS has looked at it: the update fails while ECS runs something else than
    it was given, or too few tasks. A preview warns.

    A failed deployment leaves the service in Pulumi's state as if it had succeeded, so the next update finds nothing to
    change (https://github.com/pulumi/pulumi/issues/21458).

    Args:
        setting: Section and keys of the service's settings.
    """
    live = aws.ecs.get_service_output(
        cluster_arn=service.cluster, service_name=once_ready(service.name, service), opts=opts
    )

    def look(name: str, wanted: str, found: aws.ecs.GetServiceResult) -> str:
        fault = fault_of(name, wanted, found, setting=setting, min_tasks=min_tasks)
        if fault is not None and not is_preview:
            raise pulumi.RunError(fault)
        if fault is not None:
            pulumi.log.warn(f"{fault}\nThe update fails unless it deploys the service anew.", service)
        return name

    asked = pulumi.Output.all(name=service.name, wanted=service.task_definition)
    looked = asked.apply(lambda known: live.apply(lambda found: look(known["name"], known["wanted"], found)))
    # The ARN of another task definition is unknown in a preview, the name that others have of the service is not.
    return service.name if is_preview else looked


def fault_of(name: str, wanted: str, live: aws.ecs.GetServiceResult, *, setting: str, min_tasks: int) -> str | None:
    """What is wrong with a service, and the way out.

    Args:
        wanted: ARN of the task definition that it should run.
    """
    runs, should_run = (arn.rpartition("/")[2] for arn in (live.task_definition, wanted))
    events = "Its events have the reason: `aws ecs describe-services`, docs/runbooks/failed-update.md."
    if runs != should_run:
        return (
            f"service {name} must run {should_run} and runs {runs}: ECS has rolled the deployment back, because tasks"
            f" failed or an alarm went off. {events} Mend the release, then run `pulumi up --refresh`, which finds out"
            " what runs and deploys again."
        )
    tasks = min(min_tasks, live.desired_count)
    if live.running_count < tasks and not live.pending_count:
        return (
            f"service {name} must run {tasks} tasks and runs {live.running_count}, and ECS starts no more: the"
            f" deployment failed. {events} Mend the cause (image, secret, health check), then give `{setting}.redeploy`"
            " another value, and run `pulumi up`."
        )
    return None


def once_on_blue(
    rule: aws.lb.ListenerRule, *, blue: aws.lb.TargetGroup, setting: str, opts: pulumi.InvokeOutputOptions
) -> pulumi.Output[str]:
    """ARN of the blue target group, known once `rule` sends all traffic there.

    Rolling deployments register tasks in this one alone. Deployments that shift traffic leave it where the last of them
    has put it (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/migrate-deployment-strategies.html).

    Args:
        setting: Section and keys of the service's settings.
    """
    live = aws.lb.get_listener_rule_output(arn=rule.arn, opts=opts)

    def look(arn: str, found: aws.lb.GetListenerRuleResult) -> str:
        percent = elsewhere(arn, found.actions)
        if percent:
            raise pulumi.RunError(
                f"{setting}.deployment.strategy must not be `rolling` while the green target group carries {percent}%"
                " of the traffic: a rolling deployment registers its tasks in the blue one, and requests would fail."
                f" Keep the strategy and give `{setting}.redeploy` another value: that deployment moves the traffic"
                " back to blue. Then change the strategy."
            )
        return arn

    return once_ready(blue.arn, rule).apply(lambda arn: live.apply(lambda found: look(arn, found)))


def elsewhere(blue_arn: str, actions: Sequence[aws.lb.outputs.GetListenerRuleActionResult] | None) -> int:
    """Percentage of the traffic that goes to other target groups than the blue one."""
    targets = [
        target
        for action in actions or ()
        for forward in action.forwards or ()
        for target in forward.target_groups or ()
    ]
    whole = sum(target.weight for target in targets)
    return round(100 * sum(target.weight for target in targets if target.arn != blue_arn) / whole) if whole else 0
