"""Webhooks: requests by which a third party tells the store, on its own, that something has changed.

Whoever finds the address can send one, and whoever reads one can send it again. So a notice is

1. read only up to a size, and taken only with the signature of the party (`Signature`),
2. refused when it was not sent just now, and remembered so that its repetition does nothing (`Notices.take`),
3. queued: a record and a duty in the service's table, in one transaction, before the party gets its answer. What fails
   afterwards is the store's to repeat (`services.common.duties`), and the party's 204 is the truth.

A notice says that something is different, not what: the handler asks the party. So order and number do not matter.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from joserfc import jws
from joserfc.errors import JoseError

from functions.common import names
from functions.common.aws import dynamodb, table
from functions.common.duty import owe
from functions.common.log import cause, logger
from functions.common.model import now
from functions.common.outbox import write
from services.common.identity import keys
from services.common.problems import ProblemError, unavailable
from services.common.settings import setting

FRESH = timedelta(minutes=5)
"""Greatest difference between the time of sending and the store's clock."""
_KEPT = timedelta(days=1)
"""How long a notice is remembered, and repeated while its handler fails: longer than twice `FRESH`, after which a
repetition is refused by its time."""
_PREFIX = "NOTICE#"
_ITEM = "NOTICE"


class Signature:
    """Dependency of a route: the party has signed this body, by ES256 with a key of `/.well-known/jwks.json` at its
    address, as a JWS in compact form with the payload left out (RFC 7515, appendix F).

    Args:
        sender: The party, as problems name it.
        header: Header with the signature.
        address: Variable with the party's address; `off` while it is switched off.
        longest: Greatest length of a body in bytes.

    Raises:
        ProblemError: 413, the body is longer, or does not say how long it is; 401, the party has not signed it; 503,
            the party is switched off, or its keys are not reachable: it sends the notice again.
    """

    def __init__(self, sender: str, *, header: str, address: str, longest: int = 4096) -> None:
        self._sender, self._header, self._address, self._longest = sender, header, address, longest

    async def __call__(self, request: Request) -> None:
        length = request.headers.get("content-length", "")
        # Python reads no number of thousands of digits.
        short = length.isascii() and length.isdecimal() and len(length) <= len(str(self._longest))
        if not short or int(length) > self._longest:
            raise ProblemError(413, f"a notice must give its length, {self._longest} bytes at most")
        signatures = request.headers.getlist(self._header)
        await run_in_threadpool(self.verify, await request.body(), signatures[0] if len(signatures) == 1 else "")

    def verify(self, body: bytes, signature: str) -> None:
        """
        Raises:
            ProblemError: as above.
        """
        url = setting(self._address)
        if url == names.OFF:
            raise unavailable(self._sender)
        try:
            known = keys(url.rstrip("/"))
            jws.deserialize_compact(signature, known.named_by, algorithms=["ES256"], payload=body)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            logger.warning("notice refused", extra={"cause": cause(error)})
            raise ProblemError(401, f"the notice must be signed by {self._sender}") from None


class Notices:
    """The queue of a party's notices, in the service's table: under `NOTICE#<hash>` a record that its time to live
    deletes, and a duty until the handler has succeeded.

    Args:
        table_name: Table of the settings, such as `payments`, with duties and the time to live `expires_at`.
        key: Name of its partition key.
        handle: Asks the party what has become of the thing that a notice names; idempotent. What it raises has it
            called again.
    """

    def __init__(self, table_name: str, key: str, handle: Callable[[str], object]) -> None:
        self._table, self._key, self._handle = table_name, key, handle

    def take(self, notice_id: str, subject: str, sent_at: datetime) -> str | None:
        """Queue a notice whose signature was verified.

        Args:
            notice_id: The party's id, the same in every repetition.
            subject: What the notice is about.

        Returns:
            Key of its partition, whose duty may be attended at once; None if it was taken before.

        Raises:
            ProblemError: 401, it was not sent in the last minutes.
            ClientError: it was not queued; the party sends it again.
        """
        if abs(now() - sent_at) > FRESH:
            raise ProblemError(401, f"the notice must have been sent in the last {FRESH.seconds // 60} minutes")
        # With the subject: a party that uses an id twice loses no notice.
        value = _PREFIX + sha256(f"{len(notice_id)}:{notice_id}{subject}".encode()).hexdigest()
        key = {self._key: value}
        record = {**key, "item": _ITEM, "subject": subject, "expires_at": int((now() + _KEPT).timestamp())}
        unseen = f"attribute_not_exists({self._key})"
        put = {"Put": {"TableName": table(self._table), "Item": record, "ConditionExpression": unseen}}
        return value if write(put, owe(table(self._table), key, now())) else None

    @staticmethod
    def holds(value: str) -> bool:
        """Whether a duty's partition is one of a notice."""
        return value.startswith(_PREFIX)

    def see_to(self, value: str) -> None:
        """Do what a queued notice asks for; nothing once its record has expired."""
        key = {self._key: value, "item": _ITEM}
        record = dynamodb().get_item(TableName=table(self._table), Key=key, ConsistentRead=True).get("Item")
        if record is not None and record["expires_at"] > now().timestamp():
            self._handle(record["subject"])
