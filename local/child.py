"""Runs a module as the main program of a child that ends with its parent: `python -m local.child services`.

The parent holds the writing end of standard input; the end of input is the end of the parent, however that came.
"""

import os
import runpy
import signal
import sys
import threading


def end_with_parent() -> None:
    """Kill this process when standard input ends."""
    threading.Thread(target=_watch, args=(os.dup(0),), daemon=True).start()


def _watch(given: int) -> None:
    while os.read(given, 4096):
        continue
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    end_with_parent()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
