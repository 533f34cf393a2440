"""Runs the whole program of a stack against the recorder of `offline/recorder.py`, in seconds and without an engine."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from offline.recorder import Recorder, record_store
from tests.stack_files import Config, stack_file

PROJECT = Path(__file__).resolve().parent.parent


def store(stack: str, change: Callable[[Config], object] | None = None) -> Recorder:
    """What `__main__.py` registers for `stack`; `change` edits its configuration before. Without a change the program
    runs once for all tests of the process, which leave its record as it is."""
    if change is None:
        return _as_it_is(stack)
    config = stack_file(stack)
    change(config)
    return record_store(PROJECT, stack, config)


@cache
def _as_it_is(stack: str) -> Recorder:
    return record_store(PROJECT, stack, stack_file(stack))
