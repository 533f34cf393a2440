"""What AWS answers to a creation, from the inputs and what exists: id and outputs, nothing is stored."""

from collections.abc import Mapping

from offline.aws.cloud import Directory, Resource
from offline.aws.cloud_control import identifier_of
from offline.aws.ids import Mint, forms_of
from offline.aws.outputs import made_outputs
from offline.aws.special import adopted_id, part_names, special_outputs
from offline.schema import TypeSchema
from offline.wire import UNKNOWN, Properties, Secret, plain

# Inputs other than `name` and `bucket` by which others may mention a resource.
_CALLED: Mapping[str, str] = {
    "cognito/userPoolDomain": "domain",
    "msk/cluster": "clusterName",
    "msk/serverlessCluster": "clusterName",
}
_MINTED = ("{hex", "{uuid", "{low", "{up", "{id", "{arn")


def created(schema: TypeSchema, inputs: Properties, mint: Mint, directory: Directory) -> tuple[str, Properties]:
    """Id and outputs.

    Args:
        mint: Made with the `known` inputs.
        directory: What exists; outputs may follow from it.

    Raises:
        RefusedError: a resource that AWS must have made before is not there.
    """
    values = known(inputs)
    completed = _completed_names(schema, values, mint)
    for key, name in completed.items():
        mint.know(key, name)
    values |= completed
    special = {**special_outputs(values, mint, directory), **completed}
    outputs = made_outputs(schema, inputs, mint, special=special)
    return adopted_id(values, mint, directory) or identifier_of(values, mint) or mint.id or mint.uuid, outputs


def known(inputs: Properties) -> Properties:
    return {
        key: value
        for key, value in plain(inputs).items()
        if value is not None and value is not UNKNOWN and key != "__defaults"
    }


def _completed_names(schema: TypeSchema, values: Properties, mint: Mint) -> Properties:
    """The names that AWS's provider completes from a given prefix: prefix and 26 digits."""
    completed: Properties = {}
    for key, prefix in values.items():
        name = key.removesuffix("Prefix")
        if name != key and isinstance(prefix, str) and name in schema.outputs.types and name not in values:
            fifo = values.get("fifoQueue") is True or values.get("fifoTopic") is True
            completed[name] = prefix + mint.text("{dec26}") + (".fifo" if fifo else "")
    return completed


def names_of(resource: Resource, mint: Mint) -> list[str]:
    """Everything by which another resource may mention this one; nothing that is secret."""
    values = plain({key: value for key, value in resource.outputs.items() if not isinstance(value, Secret)})
    names = {resource.id, resource.arn, *part_names(mint.kind, values)}
    for key, form in forms_of(resource.token).outputs.items():
        if any(part in form for part in _MINTED):
            names.add(values.get(key))
    for key in ("name", "bucket", _CALLED.get(mint.kind, "")):
        names.add(values.get(key))
    return [name for name in names if isinstance(name, str) and len(name) > 2]
