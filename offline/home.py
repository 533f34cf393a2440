"""The one place on disk where offline AWS may run.

The offline plugins carry the names of the real ones. Found by accident on somebody's PATH they would answer `pulumi up`
of a real stack, report success and record invented resources in its state. So they start work only when our own runner
says so (`WEBSTORE_OFFLINE_HOME`) and the state backend lies inside that folder, where no real stack can live.
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

HOME_VARIABLE = "WEBSTORE_OFFLINE_HOME"
BACKEND_VARIABLE = "PULUMI_BACKEND_URL"


class NotOfflineError(RuntimeError):
    """The plugin was started outside our runner; the message says what was found and what to do."""


def require_offline_home() -> Path:
    """Folder that holds everything of offline AWS.

    Raises:
        NotOfflineError: the folder is not set, or the backend is not a `file://` folder inside it.
    """
    home_text = os.environ.get(HOME_VARIABLE, "")
    if not home_text or not Path(home_text).is_absolute():
        raise NotOfflineError(
            f"offline AWS refuses to run: {HOME_VARIABLE} is {home_text!r}, but must be an absolute folder. "
            "This plugin simulates AWS; `make up`, `make preview` and the tests set the folder. For real AWS, "
            "take offline/bin off PATH so that Pulumi finds the published plugin."
        )
    home = Path(home_text).resolve()
    url = os.environ.get(BACKEND_VARIABLE, "")
    parts = urlsplit(url)
    backend = Path(unquote(parts.path)).resolve()
    if parts.scheme != "file" or parts.netloc or not parts.path.startswith("/") or not backend.is_relative_to(home):
        # A backend URL may carry credentials of a bucket or of a service: name its kind only.
        shown = f"{parts.scheme}://..." if parts.scheme and parts.scheme != "file" else repr(url)
        raise NotOfflineError(
            f"offline AWS refuses to run: {BACKEND_VARIABLE} is {shown}, but must be file://<folder> inside {home} "
            f"({HOME_VARIABLE}). Only stacks made by `make up` and the tests live there; a stack of any other backend "
            "may describe real AWS, and simulated resources must not get into its state."
        )
    return home
