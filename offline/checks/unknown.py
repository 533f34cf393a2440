"""The marker of values that are unknown in a preview."""

try:
    from offline.aws.values import UNKNOWN
except ModuleNotFoundError:
    UNKNOWN = object()

__all__ = ["UNKNOWN"]
