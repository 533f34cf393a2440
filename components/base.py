"""The base of every box and block of the program."""

import inspect
from typing import Any, ClassVar

import pulumi


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
