"""The browser of this machine, for tests that need a real one."""

import os
import shutil

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = ("--no-sandbox",)  # containers have no user namespaces
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and os.environ.get("WEBSTORE_BROWSER") != "required",
    reason="there is no Chromium on this machine: apt-get install chromium",
)
