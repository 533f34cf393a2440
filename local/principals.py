"""Temporary credentials of the roles of a run, as STS would give them to tasks and functions."""

import secrets
import string
from dataclasses import dataclass, field
from typing import Final

_ALPHABET: Final = string.ascii_uppercase + string.digits


@dataclass(frozen=True, slots=True)
class Credentials:
    """
    Attributes:
        session: Name of the session, which messages of IAM show.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    role: str
    session: str


class Principals:
    """Who has which credentials. They hold as long as the run."""

    def __init__(self) -> None:
        self._by_session: dict[tuple[str, str], Credentials] = {}
        self._by_key: dict[str, Credentials] = {}

    def credentials(self, role_arn: str, session: str = "local") -> Credentials:
        """Credentials of a session of a role, made at the first call."""
        found = self._by_session.get((role_arn, session))
        if found is None:
            found = Credentials(
                # Temporary credentials begin so.
                # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
                access_key_id="ASIA" + "".join(secrets.choice(_ALPHABET) for _ in range(16)),
                secret_access_key=secrets.token_urlsafe(30),
                session_token=secrets.token_urlsafe(60),
                role=role_arn,
                session=session,
            )
            self._by_session[role_arn, session] = found
            self._by_key[found.access_key_id] = found
        return found

    def of_key(self, access_key_id: str) -> Credentials | None:
        return self._by_key.get(access_key_id)

    def role_of(self, access_key_id: str) -> str | None:
        """ARN of the role whose credentials these are."""
        found = self._by_key.get(access_key_id)
        return found.role if found else None
