"""Load balancers, listeners, rules and target groups."""

from typing import Any

from offline.wire import UNKNOWN
from tests.offline.aws.driver import Made
from tests.offline.aws.steps.world import Case, Change, World, create, forward, plain, rule, updated

_LISTENER = "aws:lb/listener:Listener"
_RULE = "aws:lb/listenerRule:ListenerRule"


def _listener_of_another(world: World, preview: bool) -> object:
    group = world.targets("web")
    world.listener("old", world.balancer("old"), group)
    return create(
        world,
        preview,
        _LISTENER,
        "new",
        loadBalancerArn=UNKNOWN if preview else world.balancer("new").id,
        port=80,
        protocol="HTTP",
        **forward(group),
    )


def _balancer_replaced(world: World, preview: bool) -> object:
    """The way of `edge.origin`: balancer, listener and rule are made anew before the old ones go."""
    group, old = world.targets("web"), world.balancer("web")
    listener = world.listener("web", old)
    production = world.rule("web", listener, group)
    balancer = old.replace(preview=preview, **{**plain(old), "internal": False})
    new = listener.replace(
        preview=preview, **{**plain(listener), "loadBalancerArn": UNKNOWN if preview else balancer.id}
    )
    return production.replace(preview=preview, listenerArn=UNKNOWN if preview else new.id, **rule(group))


def _forwarded_by_weights(world: World, preview: bool) -> object:
    blue, green = world.targets("blue"), world.targets("green")
    weighted = {
        "type": "forward",
        "forward": {"targetGroups": [{"arn": one.id, "weight": 50} for one in (blue, green)]},
    }
    world.make(
        _LISTENER,
        "old",
        loadBalancerArn=world.balancer("old").id,
        port=80,
        protocol="HTTP",
        defaultActions=[weighted],
    )
    other = world.listener("new", world.balancer("new"))
    return other.update(preview=preview, **{**plain(other), **forward(green)})


def _port_taken(world: World, preview: bool) -> object:
    balancer = world.balancer("web")
    world.listener("one", balancer)
    other = world.listener("two", balancer, port=81)
    return other.update(preview=preview, **{**plain(other), "port": 80})


def _priority_taken(world: World, preview: bool) -> object:
    listener, group = world.listener("web", world.balancer("web")), world.targets("web")
    world.rule("one", listener, group, 10)
    two = world.rule("two", listener, group, 20)
    return two.update(preview=preview, listenerArn=listener.id, **rule(group, 10))


def _unattached_service(world: World, preview: bool) -> object:
    assert not preview
    return create(world, preview, "aws:ecs/service:Service", "web", **_service(world, world.targets("web")))


def _service(world: World, group: Made) -> dict[str, Any]:
    cluster = world.make("aws:ecs/cluster:Cluster", "store")
    return {
        "cluster": cluster.id,
        "desiredCount": 1,
        "loadBalancers": [{"containerName": "web", "containerPort": 8080, "targetGroupArn": group.id}],
    }


def _balancer_replaced_first(world: World, preview: bool) -> object:
    group, old = world.targets("web"), world.balancer("web")
    listener = world.listener("web", old)
    production = world.rule("web", listener, group)
    production.dependents, listener.dependents, old.dependents = [], [production], [listener]
    if not preview:
        production.delete()
        listener.delete()
    balancer = old.replace(preview=preview, first=True, **{**plain(old), "internal": False})
    new = create(
        world,
        preview,
        _LISTENER,
        "web",
        **{**plain(listener), "loadBalancerArn": UNKNOWN if preview else balancer.id},
    )
    arn = new.id if isinstance(new, Made) else UNKNOWN
    return create(world, preview, _RULE, "web", listenerArn=arn, **rule(group))


def _attached_service(world: World, preview: bool) -> object:
    group = world.targets("web")
    world.listener("web", world.balancer("web"), group)
    return create(world, preview, "aws:ecs/service:Service", "web", **_service(world, group))


REFUSED: dict[str, Case] = {
    "target group behind a second balancer": Case(_listener_of_another, "TargetGroupAssociationLimit"),
    "balancer replaced, target groups kept": Case(_balancer_replaced, "TargetGroupAssociationLimit"),
    "weighted target group moved": Case(_forwarded_by_weights, "TargetGroupAssociationLimit"),
    "listener port taken": Case(_port_taken, "DuplicateListener"),
    "priority taken": Case(_priority_taken, "PriorityInUse"),
    "service on an unattached target group": Case(
        _unattached_service, "InvalidParameterException.*does not have an associated load balancer", in_preview=False
    ),
}
TAKEN: dict[str, Change] = {
    "balancer deleted before its replacement": _balancer_replaced_first,
    "service on an attached target group": _attached_service,
    "a port moved to a free one": updated(
        _LISTENER,
        {"loadBalancerArn": lambda world: world.balancer("web").id, "port": 80, "protocol": "HTTP", **forward(None)},
        {"port": 81},
    ),
}
