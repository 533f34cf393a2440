"""Ids for readers of a recorded program."""

from functools import cached_property

from offline.aws.ids import Mint


class Legible(Mint):
    """Ids and ARNs of AWS's form, with the logical name in place of what AWS makes up: `sg-web`, not `sg-0f3a...`."""

    def minted(self, alphabet: str, count: int, word: str) -> str:
        if alphabet == "dec":
            return "1" * count
        is_id = 4 <= count < 30  # shorter ones are parts of addresses, longer ones secrets
        return self.uuid if is_id else super().minted(alphabet, count, word)

    @cached_property
    def uuid(self) -> str:
        return self._seed.rsplit("::", 1)[-1]
