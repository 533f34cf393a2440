"""Physical names, where AWS requires one."""

import hashlib
import re

import pulumi


def in_stack(name: str, *, limit: int) -> str:
    """`name` followed by the stack's name, so that an account and Region can hold several stacks.

    Lower case letters, digits and hyphens; a longer name than `limit` ends in a hash.
    """
    full = f"{name}-{re.sub(r'[^a-z0-9]+', '-', pulumi.get_stack().lower()).strip('-')}"
    if len(full) <= limit:
        return full
    return f"{full[: limit - 9].rstrip('-')}-{hashlib.sha256(full.encode()).hexdigest()[:8]}"
