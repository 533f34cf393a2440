"""What stack files declare, as settings of policies: a decision that stands there needs no second place."""

from collections.abc import Mapping

from policies.profiles import Declared
from settings.endpoints import endpoints
from settings.store import StoreSettings

PUBLIC_RULE = "apigateway-method-authorized"
_BOX = "api"
"""Name of the API's box in __main__.py, with which the names of its methods begin."""


def by_profile(stacks: Mapping[str, StoreSettings]) -> Declared:
    """The routes with `auth: public` of the stacks of each profile, as methods that need no authorizer."""
    found: dict[str, dict[str, dict[str, list[str]]]] = {}
    for settings in stacks.values():
        of_profile = found.setdefault(settings.environment.profile, {PUBLIC_RULE: {"public": []}})
        names = of_profile[PUBLIC_RULE]["public"]
        served = endpoints(settings.app_tier.services)
        names += [
            name for name in (f"{_BOX}-{one.label}" for one in served if one.auth == "public") if name not in names
        ]
    return found
