"""Names that depend on settings only."""

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
    """Prefix domain of Cognito; the account id makes it unique in AWS."""
    chosen = None if isinstance(settings.domain, CustomDomain) else settings.domain.prefix
    return chosen or f"{in_stack('store', limit=50)}-{environment.account_id}"


def api_scope(name: str) -> str:
    """A scope of the API in the form of tokens and authorizers."""
    return f"{RESOURCE_SERVER}/{name}"
