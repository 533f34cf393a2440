"""Notices to the store, signed with the key of the shelf."""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
from joserfc import jws
from joserfc.jwk import ECKey

from functions.common.log import cause, logger
from functions.common.model import now, timestamp


@dataclass(frozen=True)
class Notice:
    body: bytes
    headers: Mapping[str, str]


Send = Callable[[Notice], None]


class Signer:
    """
    Args:
        load: Gives the key; called at the first use.
    """

    def __init__(self, load: Callable[[], ECKey]) -> None:
        self._load = load

    @cached_property
    def _key(self) -> ECKey:
        return self._load()

    @property
    def public(self) -> dict[str, Any]:
        """Its public key as a JWK set."""
        return {"keys": [self._key.as_dict(private=False)]}

    def notice(self, reference: str) -> Notice:
        """Notice about a changed charge."""
        body = json.dumps({"notice_id": uuid.uuid4().hex, "reference": reference, "sent_at": timestamp(now())}).encode()
        header = {"alg": "ES256", "kid": self._key.kid}
        signature = jws.detach_content(jws.serialize_compact(header, body, self._key))
        return Notice(body, {"Content-Type": "application/json", "Provider-Signature": signature})


def by_http(url: str) -> Send:
    """Send notices to a URL. A refused notice is not repeated: the store asks for the charge later."""
    client = httpx.Client(timeout=5, headers={"User-Agent": "payment-provider"})

    def send(notice: Notice) -> None:
        try:
            client.post(url, content=notice.body, headers=dict(notice.headers)).raise_for_status()
        except httpx.HTTPError as error:
            logger.warning("notice not taken", extra={"cause": cause(error)})

    return send
