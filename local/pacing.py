"""How long retries wait: longer each time, from a fifth of a second."""

from typing import Final

_FIRST_SECONDS: Final = 0.2
_DOUBLINGS: Final = 16


class Pacing:
    """AWS retries for hours or days; `most_seconds` bounds each wait, so that one sees the end of it."""

    def __init__(self, most_seconds: float = 60.0) -> None:
        self._most = most_seconds

    def seconds(self, attempt: int) -> float:
        """
        Args:
            attempt: Number of the attempt that failed, from 0.
        """
        return min(self._most, _FIRST_SECONDS * 2 ** min(attempt, _DOUBLINGS))
