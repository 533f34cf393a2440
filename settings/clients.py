"""Applications and machines that get tokens from the user pool, in section `identity`."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from settings.base import Section
from settings.form import form
from settings.types import UrlPath

ScopeName = Annotated[
    str,
    form(
        r"^[a-z][a-z0-9-]*\.(read|write)$",
        "a scope, <service>.read or <service>.write",
        "orders.read",
        max_length=256,
    ),
]
WebUrl = Annotated[
    str,
    form(
        r"^(https://[^\s#]+|http://localhost(:\d{1,5})?/[^\s#]*)$",
        "an https:// URL, or of http://localhost with a path",
        "https://preview.example.com/auth/callback",
    ),
]
DeepLink = Annotated[
    str,
    form(
        r"^(https|[a-z][a-z0-9-]*(\.[a-z0-9-]+)+)://[^\s#]+$",
        "a link that opens the app, such as com.example.store://auth/callback",
        "com.example.store://auth/callback",
    ),
]
"""`https://` link that the app claims, or a scheme of its own, a domain name read backwards
(https://datatracker.ietf.org/doc/html/rfc8252#section-7.1)."""
# Rules of the common group that read addresses in the query and the body of sign-ins
# (https://github.com/awslabs/nx-plugin-for-aws/pull/1016 and
# https://github.com/kirill-markin/expense-budget-tracker/pull/280 have AWS's log records).
_TAKEN_FOR_METADATA = ("EC2MetaDataSSRF_BODY", "EC2MetaDataSSRF_QUERYARGUMENTS")
_TAKEN_FOR_INCLUSION = ("GenericRFI_BODY", "GenericRFI_QUERYARGUMENTS")


def taken_for_attacks(urls: Iterable[str]) -> set[str]:
    """Rules that block sign-ins with one of these addresses."""
    hosts = [_host(url) for url in urls]
    numbers = [host for host in hosts if re.fullmatch(r"[\d.]+|\[.*", host)]
    loopback = [host for host in hosts if host == "localhost" or host.endswith(".localhost")]
    return {*(_TAKEN_FOR_METADATA if loopback or numbers else ()), *(_TAKEN_FOR_INCLUSION if numbers else ())}


def _host(url: str) -> str:
    """Host of a URL, an IPv6 address in its brackets."""
    authority = re.split(r"[/?]", url.partition("://")[2])[0].rpartition("@")[2].lower()
    return authority if authority.startswith("[") else authority.partition(":")[0]


class _CustomerClient(Section):
    """An application in which customers sign in: public, without a secret, by code flow with PKCE."""

    scopes: tuple[ScopeName, ...] = Field(default=(), max_length=45)
    """Scopes of its tokens, from `scopes` or from services, in addition to the customer's own profile."""

    access_minutes: int = Field(default=15, ge=5, le=1440)
    """Lifetime of access and ID tokens."""

    refresh_days: int = Field(default=30, ge=1, le=3650)
    """Time after which customers must sign in again. Each refresh token can be used once."""


class WebClient(_CustomerClient):
    """The web store in browsers, at every host name of section `dns`."""

    callback_paths: tuple[UrlPath, ...] = Field(default=("/auth/callback",), min_length=1, max_length=5)
    """Paths that receive the authorization code after a sign-in."""

    logout_paths: tuple[UrlPath, ...] = Field(default=("/",), min_length=1, max_length=5)
    """Paths where customers land after a sign-out."""

    extra_urls: tuple[WebUrl, ...] = Field(default=(), max_length=20)
    """Further addresses for both, such as `http://localhost:8080/auth/callback` and `http://localhost:8080/` of
    developers. With an address of the developer's machine, or one without a name, the user pool's web ACL only counts
    the rules that take it for an attack (`EC2MetaDataSSRF_*`, `GenericRFI_*`); with others it blocks."""


class MobileClient(_CustomerClient):
    """The mobile app."""

    callback_urls: tuple[DeepLink, ...] = Field(min_length=1, max_length=20)
    """Deep links that receive the authorization code after a sign-in."""

    logout_urls: tuple[DeepLink, ...] = Field(default=(), max_length=20)
    """Deep links after a sign-out."""


class MachineClient(Section):
    """A system that calls the API in its own name. Cognito charges for it per month and per token
    (https://aws.amazon.com/cognito/pricing/)."""

    scopes: tuple[ScopeName, ...] = Field(min_length=1, max_length=50)
    """Scopes of its tokens, from `scopes` or from services."""

    access_minutes: int = Field(default=60, ge=5, le=1440)
    """Lifetime of its tokens."""
