"""Runs the SDK's plugin for dynamic providers, with the endpoint of offline AWS in the same process.

So the endpoint is there whenever a provider of the program needs it, and ends with the engine's run.
"""

import json
import os
import runpy
import sys
import threading
import time
from typing import Any

from pulumi.runtime.proto import provider_pb2_grpc

from offline.api.endpoint import Endpoint
from offline.home import NotOfflineError, require_offline_home

_PARENT_CHECK_SECONDS = 1.0
_SETTINGS = "web-store:environment"


def main() -> int:
    try:
        home = require_offline_home()
    except NotOfflineError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    endpoint = Endpoint(home)
    os.environ.update(endpoint.environment)
    threading.Thread(target=_end_with_engine, args=(os.getppid(),), daemon=True).start()
    register = provider_pb2_grpc.add_ResourceProviderServicer_to_server

    def registered(servicer: Any, server: Any) -> None:
        configure = servicer.Configure

        def configured(request: Any, context: Any) -> Any:
            endpoint.account = _account(dict(request.args)) or endpoint.account
            return configure(request, context)

        servicer.Configure = configured
        register(servicer, server)

    provider_pb2_grpc.add_ResourceProviderServicer_to_server = registered
    # Modules of the program, as the SDK's plugin finds them; those of the project go first.
    sys.path.append(os.getcwd())
    runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)
    return 0


def _account(config: dict[str, Any]) -> str:
    """The account of the stack's settings: the caller's own, as far as offline AWS goes. Empty without settings."""
    settings = config.get(_SETTINGS)
    return str(json.loads(settings).get("account_id", "")) if isinstance(settings, str) else ""


def _end_with_engine(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
