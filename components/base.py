"""The base of every box and block of the program."""

from collections.abc import Iterator
from typing import ClassVar

import pulumi

from components.foundation import Foundation
from components.metric import Watched


class StoreComponent(pulumi.ComponentResource):
    """A component that names the outputs it registers.

    A subclass names its type token in `TYPE` (`webstore:<tier>:<Class>`) and its outputs in `OUTPUTS`, creates its
    children with `self._inside` and ends its constructor with `self._publish()`. Attributes that `OUTPUTS` does not
    name stay out of the state: secrets, groups, whole components.
    """

    TYPE: ClassVar[str]
    OUTPUTS: ClassVar[tuple[str, ...]] = ()
    DASHBOARD: ClassVar[str | None] = None
    """Tier of a box that has alarms, which is the dashboard that draws them."""

    def __init__(
        self, name: str, opts: pulumi.ResourceOptions | None = None, *, foundation: Foundation | None = None
    ) -> None:
        """
        Args:
            opts: Without them a box takes those of the foundation.
            foundation: For boxes only; a component inside a box has the foundation of its box.
        """
        if opts is None and foundation is not None:
            opts = foundation.inside
        super().__init__(self.TYPE, name, {}, opts)
        self._name = name
        # The caller's options are not passed on: a child that merged them would get the caller's parent.
        self._inside = pulumi.ResourceOptions(parent=self)
        self.watched: list[Watched] = []
        """Metrics of this component's alarms; `alarm` adds them."""
        self._foundation = foundation
        self._parts: list[StoreComponent] = []
        parent = opts.parent if opts else None
        if isinstance(parent, StoreComponent):
            self._foundation = foundation or parent._foundation
            parent._parts.append(self)

    @property
    def foundation(self) -> Foundation:
        """
        Raises:
            AttributeError: the component is neither a box nor inside one.
        """
        if self._foundation is None:
            raise AttributeError(f"component {self._name} must get `foundation`, or a box as its parent in `opts`")
        return self._foundation

    def _kept(
        self, *, ignore_changes: list[str] | None = None, custom_timeouts: pulumi.CustomTimeouts | None = None
    ) -> pulumi.ResourceOptions:
        """Options of a child that holds data: with `environment.protect` Pulumi refuses to delete it, and a child that
        leaves the program stays in AWS."""
        protect = self.foundation.environment.protect
        return pulumi.ResourceOptions(
            parent=self,
            protect=protect,
            retain_on_delete=protect,
            ignore_changes=ignore_changes,
            custom_timeouts=custom_timeouts,
        )

    def with_parts(self) -> "Iterator[StoreComponent]":
        """This component and every component inside it, in the order of creation."""
        yield self
        for part in self._parts:
            yield from part.with_parts()

    def _publish(self) -> None:
        """Register the outputs.

        Raises:
            AttributeError: an output was never set.
        """
        unset = [name for name in self.OUTPUTS if not hasattr(self, name)]
        if unset:
            raise AttributeError(
                f"{type(self).__name__} must set {', '.join(unset)} before `_publish`: OUTPUTS names it"
            )
        self.register_outputs({name: getattr(self, name) for name in self.OUTPUTS})
