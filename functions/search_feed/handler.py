"""Writes changes of products into the index, from the stream of the table.

Records of one product are in order, and each has its second as version: none overwrites a later one, whatever is
repeated.
"""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from boto3.dynamodb.types import TypeDeserializer

from functions.common.aws import setting
from functions.common.log import logger
from functions.common.names import SEARCH_INDEX
from functions.common.search import document, engine, write

_plain = TypeDeserializer().deserialize


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """
    Args:
        event: Records of the stream, of items `CATEGORY#*`.

    Returns:
        The first record that the engine refused (`batchItemFailures`): Lambda repeats the batch from there.

    Raises:
        SearchError: there is no engine, or it is not known what was written.
    """
    records = event["Records"]
    refused = set(write(engine(2, 20), setting(SEARCH_INDEX), map(_change, records)))
    for record in records:
        if record["dynamodb"]["Keys"]["product_id"]["S"] in refused:
            logger.error("document refused", extra={"documents": len(refused)})
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def _change(record: dict[str, Any]) -> tuple[str, int, dict[str, Any] | None]:
    facts = record["dynamodb"]
    product_id = facts["Keys"]["product_id"]["S"]
    version = int(facts["ApproximateCreationDateTime"])
    if record["eventName"] == "REMOVE":
        return product_id, version, None
    item = {name: _plain(value) for name, value in facts["NewImage"].items()}
    return product_id, version, document(item)
