"""Which variables hold secret material."""

import re
from typing import Any

_NAME = re.compile(
    r"(?:^|[_.-])(?:PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|SECRET|TOKEN|(?:API|PRIVATE|ACCESS|SECRET)_?KEY|CREDENTIALS?"
    r"|SECRET_KEY_BASE)$",
    re.I,
)
_CAMEL_NAME = re.compile(r"[a-z0-9](?:Password|Passphrase|Secret|Token|(?:Api|Private|Access|Secret)Key|Credentials?)$")
_VALUE = re.compile(
    r"A[KS]IA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----|gh[pousr]_[A-Za-z0-9]{36}|glpat-[\w-]{20}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|AIza[\w-]{35}"
    # Without the scheme, which would be looked for again from each of its letters.
    r"|(?<=[a-z0-9+.-])://[^/\s:@]*:[^/\s:@]{3,}@"
)
_POINTER = re.compile(
    r"\A(?:arn:aws[a-z-]*:.*|\{\{resolve:.*|\$\{?\w.*|/.*|[a-z][a-z0-9+.-]*://.*|[a-z0-9_.-]+(?:/[a-z0-9_.-]+)+|\d+"
    r"|(?i:true|false|yes|no|on|off|none|null|enabled|disabled|required|optional))\Z",
    re.S,
)


def is_secret(name: str, value: Any) -> bool:
    """Whether a variable looks like a secret; ARNs, addresses, paths and flags are none."""
    if not isinstance(value, str) or not value:
        return False
    named = _NAME.search(name) or _CAMEL_NAME.search(name)
    return bool(_VALUE.search(value)) or (bool(named) and not _POINTER.search(value))
