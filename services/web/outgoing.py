"""The clients by which the storefront calls API and user pool."""

from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

_TIMEOUT = httpx.Timeout(3, connect=1)
# The web ACL refuses requests without a User-Agent (docs/api.md).
_AGENT = "web-store-web"


def client(
    transport: httpx.AsyncBaseTransport | None, base_url: str = "", headers: Mapping[str, str] | None = None
) -> httpx.AsyncClient:
    """A client for the calls of all customers: it keeps connections, and no cookies, which would go with the next
    customer's call.

    Args:
        transport: None is the network, through a proxy of the environment.
        headers: Of every call.
    """
    return httpx.AsyncClient(
        base_url=base_url,
        timeout=_TIMEOUT,
        headers={"User-Agent": _AGENT, "Accept": "application/json", **(headers or {})},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        transport=transport,
    )
