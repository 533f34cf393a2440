"""User pools."""

from collections.abc import Iterator
from typing import Any

from offline.aws.steps.step import Step, step_rule
from offline.checks.block import Block
from offline.checks.generic import plain as as_text
from offline.wire import UNKNOWN, plain

_UNSET: tuple[Any, ...] = (None, False, "", [], {}, UNKNOWN)


@step_rule("cognito/userPool", on=("update",))
def schema(step: Step) -> Iterator[str]:
    """hashicorp/terraform-provider-aws#21654, resourceUserPoolUpdate of its user_pool.go

    https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-attributes.html
    """
    if not step.new.settled("schemas"):
        return
    before, after = _attributes(step.old), _attributes(step.new)
    for name, attribute in before.items():
        if after.get(name) != attribute:
            done = "modified" if name in after else "removed"
            yield (
                f"updating Cognito User Pool: cannot modify or remove schema items ({name} would be {done}; "
                "property schemas)"
            )
    for name in after.keys() - before.keys():
        if after[name].get("required"):
            yield (
                "InvalidParameterException: Required custom attributes are not supported currently. "
                f"({name}; property schemas)"
            )


def _attributes(args: Block) -> dict[str, dict[str, Any]]:
    return {str(found.text("name")): _bare(plain(dict(found.values))) for found in args.blocks("schemas")}


def _bare(value: Any) -> Any:
    """Without what says nothing: marks of the bridge, defaults written out; numbers and texts alike."""
    if isinstance(value, dict):
        inner = {key: _bare(item) for key, item in value.items() if key != "__defaults"}
        return {key: item for key, item in inner.items() if item not in _UNSET}
    return as_text(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
