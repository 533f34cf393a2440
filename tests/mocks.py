"""What component tests use of the recorder."""

from offline.recorder import ACCOUNT_ID, REGION, STACK, Recorder, Registered, record

__all__ = ["ACCOUNT_ID", "REGION", "STACK", "Recorder", "Registered", "record"]
