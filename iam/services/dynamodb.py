"""DynamoDB and its streams.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from iam.errors import RequestError
from iam.services.forms import Account, Call, Describe, Parameters, arn, everything, plain
from iam.text import Values

_NAME: Final = re.compile(r"(?<![:#\w])(#?[A-Za-z_]\w*)(?!\w*\s*\()")
_EQUALITY: Final = re.compile(r"(#?\w+)\s*=\s*(:\w+)")
_WORDS: Final = frozenset(("SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN"))
_EXPRESSIONS: Final = ("ProjectionExpression", "UpdateExpression", "ConditionExpression", "FilterExpression")
# Members of TransactWriteItems: what each needs.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
_TRANSACTED: Final = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


def table(name: str, account: Account) -> str:
    """ARN of a table by its name; an ARN stays."""
    return name if name.startswith("arn:") else arn(account, "dynamodb", f"table/{name}")


def _value(value: Mapping[str, Any]) -> str:
    """The text of an attribute value as `dynamodb:LeadingKeys` has it."""
    (text,) = value.values()
    return text.decode() if isinstance(text, bytes) else str(text)


def _names(parameters: Parameters) -> list[str]:
    """Attributes at the top level that the expressions of a request name."""
    aliases = parameters.get("ExpressionAttributeNames") or {}
    found = dict.fromkeys(parameters.get("AttributesToGet") or ())
    for expression in _EXPRESSIONS:
        for name in _NAME.findall(re.sub(r"\.\s*#?\w+", "", parameters.get(expression) or "")):
            if name.upper() not in _WORDS:
                found[aliases.get(name, name)] = None
    return list(found)


def _context(parameters: Parameters, keys: Iterable[str], attributes: Iterable[str], **more: str) -> dict[str, Values]:
    """Condition keys of one operation on items.

    Args:
        keys: Values of partition keys.
        attributes: Attributes in keys and items.
    """
    names = list(dict.fromkeys([*attributes, *_names(parameters)]))
    given = {
        "dynamodb:ReturnValues": parameters.get("ReturnValues"),
        "dynamodb:ReturnConsumedCapacity": parameters.get("ReturnConsumedCapacity"),
        **more,
    }
    leading = list(dict.fromkeys(keys))
    lists = {"dynamodb:LeadingKeys": leading, "dynamodb:Attributes": names}
    return {key: value for key, value in {**lists, **given}.items() if value}


def _leading(item: Mapping[str, Any], name: str, account: Account, index: str = "") -> list[str]:
    key = account.partition_key(name.rpartition("/")[2], index)
    return [_value(item[key])] if key and key in item else []


def _of_item(action: str, parameters: Parameters, account: Account, **more: str) -> Call:
    name = parameters["TableName"]
    item = parameters.get("Key") or parameters.get("Item") or {}
    context = _context(parameters, _leading(item, name, account), item, **more)
    return Call(f"dynamodb:{action}", table(name, account), context)


def _item(action: str) -> Describe:
    reads = {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}

    def describe(parameters: Parameters, account: Account) -> Sequence[Call]:
        projected = "ProjectionExpression" in parameters or "AttributesToGet" in parameters
        more = reads if projected and action == "GetItem" else {}
        return [_of_item(action, parameters, account, **more)]

    return describe


def _scan(action: str) -> Describe:
    def describe(parameters: Parameters, account: Account) -> Sequence[Call]:
        name, index = parameters["TableName"], parameters.get("IndexName") or ""
        encrypted = table(name, account)
        key = account.partition_key(name.rpartition("/")[2], index)
        projected = "ProjectionExpression" in parameters or "AttributesToGet" in parameters
        whole = "ALL_PROJECTED_ATTRIBUTES" if index else "ALL_ATTRIBUTES"
        select = parameters.get("Select") or ("SPECIFIC_ATTRIBUTES" if projected else whole)
        equal = _equalities(parameters)
        leading = [equal[key]] if key in equal else []
        context = _context(parameters, leading, [], **{"dynamodb:Select": select})
        resource = f"{encrypted}/index/{index}" if index else encrypted
        return [Call(f"dynamodb:{action}", resource, context)]

    return describe


def _equalities(parameters: Parameters) -> dict[str | None, str]:
    """Attributes that a key condition sets equal to a value, and the value."""
    aliases = parameters.get("ExpressionAttributeNames") or {}
    values = parameters.get("ExpressionAttributeValues") or {}
    found: dict[str | None, str] = {
        aliases.get(name, name): _value(values[value])
        for name, value in _EQUALITY.findall(parameters.get("KeyConditionExpression") or "")
        if value in values
    }
    for name, condition in (parameters.get("KeyConditions") or {}).items():
        if condition.get("ComparisonOperator") == "EQ":
            found[name] = _value(condition["AttributeValueList"][0])
    return found


def _batch_get(parameters: Parameters, account: Account) -> Sequence[Call]:
    found = []
    for name, asked in parameters["RequestItems"].items():
        keys = [value for key in asked["Keys"] for value in _leading(key, name, account)]
        attributes = [attribute for key in asked["Keys"] for attribute in key]
        context = _context({**asked, **_capacity(parameters)}, keys, attributes)
        resource = table(name, account)
        found.append(Call("dynamodb:BatchGetItem", resource, context))
    return found


def _batch_write(parameters: Parameters, account: Account) -> Sequence[Call]:
    found = []
    for name, writes in parameters["RequestItems"].items():
        items = [
            write["PutRequest"]["Item"] if "PutRequest" in write else write["DeleteRequest"]["Key"] for write in writes
        ]
        keys = [value for item in items for value in _leading(item, name, account)]
        attributes = [attribute for item in items for attribute in item]
        resource = table(name, account)
        context = _context(_capacity(parameters), keys, attributes)
        found.append(Call("dynamodb:BatchWriteItem", resource, context))
    return found


def _capacity(parameters: Parameters) -> Parameters:
    return {name: value for name, value in parameters.items() if name == "ReturnConsumedCapacity"}


def _transaction(operation: str) -> Describe:
    enclosing = {"dynamodb:EnclosingOperation": operation}

    def describe(parameters: Parameters, account: Account) -> Sequence[Call]:
        found = []
        for entry in parameters["TransactItems"]:
            ((kind, asked),) = entry.items()
            action = "GetItem" if kind == "Get" else _TRANSACTED[kind]
            # ConditionCheckItem is of transactions only.
            more = enclosing if kind != "ConditionCheck" else {}
            found.append(_of_item(action, {**asked, **_capacity(parameters)}, account, **more))
        return found

    return describe


def _iterated(parameters: Parameters, _: Account) -> str:
    """Shard iterators are opaque on AWS; those of the emulator begin with the stream's ARN."""
    iterator = parameters["ShardIterator"]
    if not iterator.startswith("arn:"):
        raise RequestError("a shard iterator must be one that GetShardIterator returned here")
    return iterator.partition("|")[0]


def _stream(parameters: Parameters, _: Account) -> str:
    return parameters["StreamArn"]


def _table(parameters: Parameters, account: Account) -> str:
    return table(parameters["TableName"], account)


_ITEMS: Final = ("GetItem", "PutItem", "UpdateItem", "DeleteItem")
_ABOUT_TABLES: Final = ("DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups")
TABLES: Final[Mapping[str, Describe]] = {
    **{name: _item(name) for name in _ITEMS},
    **{name: plain(f"dynamodb:{name}", _table) for name in _ABOUT_TABLES},
    "ListTables": plain("dynamodb:ListTables", everything),
    "Query": _scan("Query"),
    "Scan": _scan("Scan"),
    "BatchGetItem": _batch_get,
    "BatchWriteItem": _batch_write,
    "TransactWriteItems": _transaction("TransactWriteItems"),
    "TransactGetItems": _transaction("TransactGetItems"),
}
STREAMS: Final[Mapping[str, Describe]] = {
    "ListStreams": plain("dynamodb:ListStreams", everything),
    "DescribeStream": plain("dynamodb:DescribeStream", _stream),
    "GetShardIterator": plain("dynamodb:GetShardIterator", _stream),
    "GetRecords": plain("dynamodb:GetRecords", _iterated),
}
