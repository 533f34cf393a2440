"""IAM actions that the deployer needs for resources of the providers here."""

import re
from collections.abc import Collection
from importlib import import_module
from importlib.util import find_spec
from typing import Final

from providers.resource import AwsResource

_TOKEN: Final = re.compile(r"pulumi-python:dynamic/(?P<module>\w+):(?P<name>\w+)")


def is_dynamic(token: str) -> bool:
    return _TOKEN.fullmatch(token) is not None


def actions_of(token: str) -> Collection[str]:
    """IAM actions of all that the provider of a type may call.

    Args:
        token: Type in the state, such as `pulumi-python:dynamic/personalize:DatasetGroup`; of one without a provider
            here there are none.
    """
    found = _TOKEN.fullmatch(token)
    if found is None or find_spec(f"providers.{found['module']}") is None:
        return ()
    resource = getattr(import_module(f"providers.{found['module']}"), found["name"], None)
    if not isinstance(resource, type) or not issubclass(resource, AwsResource):
        return ()
    return resource.PROVIDER.KIND.actions
