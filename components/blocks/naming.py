"""Physical names, where AWS wants one from us."""

import hashlib
import re

import pulumi


def in_stack(name: str, *, limit: int) -> str:
    """`name` with the stack's name behind it, so that several stacks fit into one account and Region.

    Lower case letters, digits and hyphens; beyond `limit` characters the end gives way to a hash.
    """
    full = f"{name}-{re.sub(r'[^a-z0-9]+', '-', pulumi.get_stack().lower()).strip('-')}"
    if len(full) <= limit:
        return full
    return f"{full[: limit - 9].rstrip('-')}-{hashlib.sha256(full.encode()).hexdigest()[:8]}"
