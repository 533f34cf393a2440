"""What each kind of use answers, and what it gives a service."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from settings.app_tier.microservice import Microservice
from settings.data import TablesSettings

Grant = Callable[[Any], Any]
"""Given a role, makes the policies that let it use something."""
Source = Callable[[Any, Any], Any]
"""Given a function and the options of the application tier's children, makes the event source mapping."""


@dataclass(frozen=True)
class Intake:
    """How fast a function takes messages, because of what it uses."""

    concurrency: int
    """Most invocations at a time; Lambda takes 2 or more."""
    batch: int
    """Most messages of one invocation."""
    receives: int
    """Receives after which a message is a dead letter."""


@dataclass(frozen=True)
class User:
    """The service that makes a use."""

    label: str
    """Its name in the settings."""
    domain: str
    """Whose events it emits."""
    name: str
    """Its logical name, from which those of its own resources derive."""
    tasks: bool
    """It runs on Fargate."""


@dataclass
class Access:
    """What uses give a service."""

    variables: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)
    """Versions of secrets of the program, by the variables of tasks that hold their values."""
    grants: list[Grant] = field(default_factory=list)
    volumes: list[Any] = field(default_factory=list)
    """File systems that its container mounts."""
    sources: list[Source] = field(default_factory=list)
    """Queues and streams from which Lambda feeds it."""

    def add(self, other: "Access") -> None:
        self.variables |= other.variables
        self.secrets |= other.secrets
        self.grants += other.grants
        self.volumes += other.volumes
        self.sources += other.sources


@dataclass(frozen=True)
class Bounds:
    """What the permissions boundary of payment roles must leave to them beside the tables of their entries."""

    table_arns: Sequence[Any] = ()
    statements: Sequence[Any] = ()


class Use(ABC):
    """One use that a service makes of something in the store, as its entry declares it.

    A kind of use is one subclass. Settings know no components, so an owner, its security group and roles come as any
    value: what is asked of them stands in `admit` and `access` alone.
    """

    setting: ClassVar[str]
    """Field of the entry."""
    owner: ClassVar[str]
    """Box that has the thing, as `AppTier(owners=...)` names it."""
    runtimes: ClassVar[frozenset[str]] = frozenset({"fargate", "lambda"})
    """Kinds of runtime that can."""
    shared: ClassVar[bool] = True
    """Services outside the payment boundary use it, too: services inside may not."""
    denied_to_payments: ClassVar[tuple[str, ...]] = ()
    """Actions that the bounds of payment roles deny, because a resource's own policy could admit a role's session past
    bounds that are silent on them
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html)."""
    tables_in_bounds: ClassVar[int] = 0
    """Tables that `bounds` names."""
    characters: ClassVar[int] = 0
    """What it adds to the inline policies of a role, at most; a test holds it against the policies that are made."""
    interface_endpoints: ClassVar[tuple[str, ...]] = ()
    """Interface endpoints that a service inside the VPC needs for it when it has no way to the internet."""
    over_the_internet: ClassVar[str] = ""
    """Why it needs a way to the internet, if it does."""
    for_triggers: ClassVar[bool] = False
    """Functions that the user pool invokes can, too: its owner is there before the user pool, outside the network."""
    intake: ClassVar[Intake | None] = None
    """Bounds of the messages that a function with this use takes."""
    clients: ClassVar[str] = ""
    """For things inside the VPC: name of the security group whose members the thing admits."""

    @classmethod
    @abstractmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]: ...

    @property
    def path(self) -> tuple[str, ...]:
        """Where the entry declares it."""
        return (self.setting,)

    def payment_problem(self) -> tuple[str, str] | None:
        """What keeps a payment service from it, with the fix; None where it may."""
        return (
            ("must be left out: it is shared with services outside the payment boundary", "leave it out")
            if self.shared
            else None
        )

    def endpoints(self, *, tasks: bool) -> Sequence[str]:  # noqa: ARG002 - for those where it matters
        """Interface endpoints that it needs: of tasks, or of a function inside the VPC."""
        return self.interface_endpoints

    def policy_characters(self, tables: TablesSettings) -> int:  # noqa: ARG002 - for tables
        """Characters that it adds to the inline policies of the role, at most."""
        return self.characters

    def exists(self, owner: Any) -> bool:  # noqa: ARG002 - for what an environment can be without
        """Whether the environment has the thing at all."""
        return True

    def bounds(self, owner: Any) -> Bounds:  # noqa: ARG002 - for what the boundary does not leave to all
        """What payment roles must be able to do for it."""
        return Bounds()

    def admit(self, owner: Any, clients: Any) -> None:  # noqa: ARG002 - for those with `clients`
        """Let members of the security group `clients` connect to the thing."""
        raise TypeError(f"{type(self).__name__} names `clients`: it must have `admit`, too")

    def access(self, owner: Any, user: User) -> Access:  # noqa: ARG002 - some need none
        """What the service gets."""
        return Access()
