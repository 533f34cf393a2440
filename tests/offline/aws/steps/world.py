"""State before a change, and changes, for the cases of steps."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.offline.aws.driver import BALANCER, SUBNET, VPC, Engine, Made

_LISTENER = "aws:lb/listener:Listener"
_RULE = "aws:lb/listenerRule:ListenerRule"
_TARGETS = "aws:lb/targetGroup:TargetGroup"


@dataclass
class World:
    """What exists before the change, by name; made in an earlier run."""

    before: Engine
    engine: Engine
    made: dict[str, Made] = field(default_factory=dict)

    def make(self, token: str, name: str, /, **inputs: Any) -> Made:
        made = self.before.create(token, name, **inputs)
        made.engine = self.engine
        self.made[name] = made
        return made

    def vpc(self) -> Made:
        return self.made.get("net") or self.make(VPC, "net", cidrBlock="10.0.0.0/16")

    def subnet(self, letter: str, third: int = 0) -> Made:
        number = third or "abc".index(letter) + 1
        return self.make(
            SUBNET,
            f"app-{letter}",
            vpcId=self.vpc().id,
            cidrBlock=f"10.0.{number}.0/24",
            availabilityZone=f"eu-west-1{letter}",
        )

    def balancer(self, name: str) -> Made:
        subnets = [self.made.get(f"app-{letter}") or self.subnet(letter) for letter in "ab"]
        return self.make(BALANCER, name, internal=True, subnets=[subnet.id for subnet in subnets])

    def targets(self, name: str) -> Made:
        return self.make(_TARGETS, name, port=8080, protocol="HTTP", targetType="ip", vpcId=self.vpc().id)

    def listener(self, name: str, balancer: Made, group: Made | None = None, port: int = 80) -> Made:
        made = self.make(_LISTENER, name, loadBalancerArn=balancer.id, port=port, protocol="HTTP", **forward(group))
        balancer.dependents.append(made)
        return made

    def rule(self, name: str, listener: Made, group: Made | None, priority: int = 10) -> Made:
        made = self.make(_RULE, name, listenerArn=listener.id, **rule(group, priority))
        listener.dependents.append(made)
        return made


def forward(group: Made | None) -> dict[str, Any]:
    fixed = {"type": "fixed-response", "fixedResponse": {"contentType": "text/plain", "statusCode": "404"}}
    return {"defaultActions": [{"type": "forward", "targetGroupArn": group.id} if group else fixed]}


def rule(group: Made | None, priority: int = 10) -> dict[str, Any]:
    return {
        "priority": priority,
        "actions": forward(group)["defaultActions"],
        "conditions": [{"pathPattern": {"values": ["/*"]}}],
    }


Change = Callable[[World, bool], object]
"""Takes the step; in a preview if so asked."""


def create(world: World, preview: bool, token: str, name: str, /, **inputs: Any) -> Any:
    return world.engine.preview(token, name, **inputs) if preview else world.engine.create(token, name, **inputs)


def renamed(token: str, **inputs: Any) -> Change:
    """The program calls the same thing by another logical name: the new one is made before the old one goes."""

    def change(world: World, preview: bool) -> object:
        inputs_here = {key: value(world) if callable(value) else value for key, value in inputs.items()}
        world.make(token, "old", **inputs_here)
        return create(world, preview, token, "new", **inputs_here)

    return change


def updated(token: str, before: dict[str, Any], after: dict[str, Any]) -> Change:
    def change(world: World, preview: bool) -> object:
        def resolved(inputs: dict[str, Any]) -> dict[str, Any]:
            return {key: value(world) if callable(value) else value for key, value in inputs.items()}

        fixed = resolved(before)
        made = world.make(token, "it", **fixed)
        return made.update(
            preview=preview, **{key: value for key, value in {**fixed, **after}.items() if value is not None}
        )

    return change


def plain(made: Made) -> dict[str, Any]:
    """The inputs as the program gave them."""
    filled = {"__defaults", "tagsAll", "region", *made.inputs["__defaults"]}
    return {key: value for key, value in made.inputs.items() if key not in filled}


@dataclass(frozen=True)
class Case:
    change: Change
    says: str
    """AWS's words, as a regular expression."""
    in_preview: bool = True
