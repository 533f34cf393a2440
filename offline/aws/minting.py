"""Texts that look as if AWS had made them up, and always follow from the same seed."""

import hashlib
import uuid


def alphabet_text(seed: str, alphabet: str, count: int) -> str:
    """A text of `count` characters that follows from the seed."""
    number = int.from_bytes(hashlib.shake_256(seed.encode()).digest(count + 8))
    letters = []
    for _ in range(count):
        number, position = divmod(number, len(alphabet))
        letters.append(alphabet[position])
    return "".join(letters)


def uuid_text(seed: str) -> str:
    return str(uuid.UUID(hashlib.md5(seed.encode(), usedforsecurity=False).hexdigest(), version=4))
