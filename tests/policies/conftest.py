"""Small programs of other teams on the real engine and the offline plugins."""

from tests.offline.conftest import program

__all__ = ["program"]
