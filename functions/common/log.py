"""The log of all functions, as JSON under the service's name (POWERTOOLS_SERVICE_NAME, POWERTOOLS_LOG_LEVEL)."""

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

logger = Logger()


def cause(error: BaseException | None) -> str:
    """Kind of an error. Its message stays out of the log: AWS and pydantic may quote a customer's data in it."""
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response.get('Error', {}).get('Code', 'unknown')}"
    return type(error).__name__
