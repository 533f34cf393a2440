"""Names that follow from the settings alone."""

from components.blocks.naming import in_stack
from settings.environment import EnvironmentSettings
from settings.identity import CustomDomain, IdentitySettings

RESOURCE_SERVER = "store"
"""Identifier of the API in scopes: `store/orders.read`."""


def sign_in_host(settings: IdentitySettings, environment: EnvironmentSettings, domain_name: str) -> str:
    """Host name of the sign-in pages."""
    if isinstance(settings.domain, CustomDomain):
        return f"{settings.domain.label}.{domain_name}"
    return f"{prefix(settings, environment)}.auth.{environment.region}.amazoncognito.com"


def prefix(settings: IdentitySettings, environment: EnvironmentSettings) -> str:
    """First part of a host name of Cognito's; the account's number makes it unique over all of AWS."""
    chosen = None if isinstance(settings.domain, CustomDomain) else settings.domain.prefix
    return chosen or f"{in_stack('store', limit=50)}-{environment.account_id}"


def api_scope(name: str) -> str:
    """A scope of the API as tokens and authorisers name it."""
    return f"{RESOURCE_SERVER}/{name}"
