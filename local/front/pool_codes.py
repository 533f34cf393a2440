"""Codes that the user pool would send by e-mail; the status page shows them."""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

_TRIES: Final = 5
# https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html
_SECONDS: Final = {"sign-up": 24 * 3600, "password": 3600}
_KEPT: Final = 50


@dataclass
class _Code:
    to: str
    purpose: str
    code: str = field(repr=False)
    made_at: float
    tries: int = 0


class Codes:
    """The last code of each address and purpose."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._codes: dict[tuple[str, str], _Code] = {}

    def send(self, email: str, purpose: str) -> None:
        """
        Args:
            purpose: `sign-up` or `password`.
        """
        made = _Code(email, purpose, f"{secrets.randbelow(10**6):06}", self._now())
        self._codes.pop((email.lower(), purpose), None)
        self._codes[email.lower(), purpose] = made
        while len(self._codes) > _KEPT:
            del self._codes[next(iter(self._codes))]

    def take(self, email: str, purpose: str, given: str) -> bool:
        """Whether it is the code, which is then void; a few wrong ones void it, too."""
        found = self._codes.get((email.lower(), purpose))
        if found is None:
            return False
        found.tries += 1
        is_right = hmac.compare_digest(found.code.encode(), given.strip().encode())
        is_late = found.made_at + _SECONDS[purpose] < self._now()
        if is_right or is_late or found.tries >= _TRIES:
            del self._codes[email.lower(), purpose]
        return is_right and not is_late

    def shown(self) -> list[dict[str, Any]]:
        """Codes for the status page, the latest first."""
        return [
            {
                "to": code.to,
                "purpose": code.purpose,
                "code": code.code,
                "at": datetime.fromtimestamp(code.made_at, UTC).isoformat(timespec="seconds"),
            }
            for code in reversed(self._codes.values())
        ]
