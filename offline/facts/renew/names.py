"""The bridge's names of types and properties, in the names of pulumi_aws.

The bridge derives its names from Terraform's alone; pulumi_aws's are curated (modules, plurals, blocks of one).
"""

import re
from collections.abc import Iterable, Mapping

from offline.schema import TypeSchema


def type_names(tokens: Iterable[str], bridge_tokens: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """pulumi_aws token to bridge token. `known` is token to Terraform type of the facts recorded so far."""
    by_name = {_flat(token.rsplit(":", 1)[-1]): token for token in bridge_tokens}
    found = {}
    for token in tokens:
        module, kind = token.split(":")[1].split("/")[0], token.rsplit(":", 1)[-1]
        guesses = [_flat(known[token].removeprefix("aws_"))] if token in known else []
        guesses += [_flat(module + kind), _flat(kind)]
        match = next((by_name[guess] for guess in guesses if guess in by_name), None)
        if match:
            found[token] = match
    return found


def terraform_name(bridge_token: str) -> str:
    """`aws:index/sqsQueue:SqsQueue` to `aws_sqs_queue`."""
    kind = bridge_token.rsplit(":", 1)[-1]
    return "aws" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<!^)(?=[A-Z][a-z])", "_", f"_{kind}").lower().replace("__", "_")


def inputs_of(schema: TypeSchema) -> dict[str, str]:
    """Names as the bridge may write them to names of pulumi_aws, for the top-level inputs."""
    return _by_plain(schema.inputs.types)


def outputs_of(schema: TypeSchema) -> dict[str, str]:
    return _by_plain(schema.outputs.types)


def translated(schema: TypeSchema, path: str) -> str | None:
    """An input path of the bridge (`rule[].action`) in pulumi_aws's names; None when an input is not there."""
    fields, result = schema.inputs, []
    for step in path.split("."):
        name, is_list = step.removesuffix("[]"), step.endswith("[]")
        own = _by_plain(fields.types).get(plain(name)) if fields else None
        if fields and own is None:
            return None
        node = fields.types[own] if fields and own else None
        flattened = node is not None and node.kind in ("object", "document")
        result.append(f"{own or name}[]" if is_list and not flattened else own or name)
        while node is not None and node.element is not None:
            node = node.element
        fields = schema.object(node.name) if node is not None and node.name else None
    return ".".join(result)


def _by_plain(names: Iterable[str]) -> dict[str, str]:
    return {plain(name): name for name in names}


def plain(name: str) -> str:
    """A name without case and plural."""
    flat = _flat(name)
    return flat[:-3] + "y" if flat.endswith("ies") else flat.removesuffix("s").removesuffix("e")


def _flat(name: str) -> str:
    return name.replace("_", "").lower()
