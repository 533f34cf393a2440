"""The base of every box and block of the program."""

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi

if TYPE_CHECKING:
    from components.blocks.alarm import Watched


class StoreComponent(pulumi.ComponentResource):
    """A component whose class annotations are its output contract.

    A subclass names its type token in `TYPE` (`webstore:<tier>:<Class>`), annotates every output it publishes, creates
    its children with `self._inside` and ends its constructor with `self._publish()`.
    """

    TYPE: ClassVar[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(self.TYPE, name, {}, opts)
        # The caller's options stop here: merged into a child's, the caller's parent would win over this component.
        self._inside = pulumi.ResourceOptions(parent=self)
        self.runbooks = "docs/runbooks"
        """Where the pages are that alarms name: a folder of the repository or a URL, the same for all inside."""
        self.watched: list[Watched] = []
        """What alarms of this component look at; `alarm` adds to it."""
        self._parts: list[StoreComponent] = []
        parent = opts.parent if opts else None
        if isinstance(parent, StoreComponent):
            self.runbooks = parent.runbooks
            parent._parts.append(self)

    def with_parts(self) -> "Iterator[StoreComponent]":
        """This component, and all that are in it, in the order of their making."""
        yield self
        for part in self._parts:
            yield from part.with_parts()

    def _publish(self) -> None:
        """Register every annotated output.

        Raises:
            AttributeError: an annotated output was never set.
        """
        outputs: dict[str, Any] = {
            name: getattr(self, name, inspect.Parameter.empty)
            for name in inspect.get_annotations(type(self))
            if name != "TYPE"
        }
        unset = [name for name, value in outputs.items() if value is inspect.Parameter.empty]
        if unset:
            raise AttributeError(f"{type(self).__name__} declares {', '.join(unset)} but never sets it")
        self.register_outputs(outputs)
