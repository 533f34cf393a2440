"""Whether REST APIs are private."""

from policies.library.resources import Resource
from policies.library.values import UNKNOWN, as_list, spread

REST_API = "apigateway/restApi"


def may_be_private(api: Resource) -> bool:
    """Whether a REST API is private, or may be private."""
    kinds = as_list(spread(api.props, "endpointConfiguration.types"))
    return "PRIVATE" in kinds or UNKNOWN in kinds
