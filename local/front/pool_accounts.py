"""Accounts of the user pool, in memory: they begin anew with each run, as the tables do."""

import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt
_SCRYPT: Final = {"n": 2**14, "r": 8, "p": 5}
_MAX_PASSWORD: Final = 256
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_SYMBOLS: Final = frozenset("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- ")


@dataclass
class Account:
    """A customer's account."""

    sub: str
    email: str
    """As the customer wrote it; accounts are found in any case."""
    salt: str = field(repr=False)
    password: str = field(repr=False)
    """Hash by scrypt, hexadecimal."""
    confirmed: bool = False
    groups: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    """Other than `email`."""

    @property
    def user_attributes(self) -> dict[str, str]:
        """As Cognito gives them to triggers."""
        return {
            "sub": self.sub,
            "email": self.email,
            "email_verified": str(self.confirmed).lower(),
            "cognito:user_status": "CONFIRMED" if self.confirmed else "UNCONFIRMED",
            **self.attributes,
        }


class Accounts:
    """Accounts by e-mail address, in any case."""

    def __init__(self) -> None:
        self._by_email: dict[str, Account] = {}

    def find(self, email: str) -> Account | None:
        return self._by_email.get(email.strip().lower())

    def of_sub(self, sub: str) -> Account | None:
        return next((account for account in self._by_email.values() if account.sub == sub), None)

    def add(self, email: str, password: str, attributes: Mapping[str, str]) -> Account:
        """A new account, which is not confirmed."""
        account = Account(str(uuid.uuid4()), email.strip(), "", "", attributes=dict(attributes))
        self._by_email[account.email.lower()] = account
        self.set_password(account, password)
        return account

    @staticmethod
    def set_password(account: Account, password: str) -> None:
        account.salt = secrets.token_hex(16)
        account.password = _hash(account.salt, password)

    def remove(self, account: Account) -> None:
        self._by_email.pop(account.email.lower(), None)


def matches(account: Account | None, password: str) -> bool:
    """Whether it is the account's password; takes as long without an account."""
    salt = account.salt if account else "0" * 32
    given = _hash(salt, password)
    return hmac.compare_digest(given, account.password if account else "") and account is not None


def is_email(text: str) -> bool:
    return len(text) <= 254 and _EMAIL.fullmatch(text.strip()) is not None


def password_rules(policy: Mapping[str, Any]) -> list[str]:
    """What a password needs by the pool's policy, in words."""
    words = {
        "requireLowercase": "a lowercase letter",
        "requireUppercase": "an uppercase letter",
        "requireNumbers": "a digit",
        "requireSymbols": "a special character or a space",
    }
    return [f"at least {int(policy['minimumLength'])} characters", *(words[key] for key in words if policy.get(key))]


def missing_in(password: str, policy: Mapping[str, Any]) -> list[str]:
    """Rules of the policy that a password breaks, in the words of `password_rules`."""
    holds = {
        f"at least {int(policy['minimumLength'])} characters": int(policy["minimumLength"])
        <= len(password)
        <= _MAX_PASSWORD,
        "a lowercase letter": bool(re.search("[a-z]", password)),
        "an uppercase letter": bool(re.search("[A-Z]", password)),
        "a digit": bool(re.search("[0-9]", password)),
        # A space counts inside only (https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html).
        "a special character or a space": bool(_SYMBOLS & set(password.strip())),
    }
    return [rule for rule in password_rules(policy) if not holds[rule]]


def _hash(salt: str, password: str) -> str:
    # Longer ones than Cognito takes cannot be anybody's.
    return hashlib.scrypt(password.encode()[: 4 * _MAX_PASSWORD], salt=bytes.fromhex(salt), **_SCRYPT).hex()
