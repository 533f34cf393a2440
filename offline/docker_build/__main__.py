"""Starts the plugin: serves on a free port of 127.0.0.1 and prints it for the engine."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from offline.docker_build.server import DockerBuildPlugin
from offline.port import bind

_WORKERS = 4
_PARENT_CHECK_SECONDS = 1.0


def main() -> int:
    """Serves until the engine stops the plugin or the engine's process is gone."""
    if len(sys.argv) < 2:
        sys.stderr.write("usage: pulumi-resource-docker-build ENGINE_ADDRESS (started by the Pulumi engine)\n")
        return 2
    server = grpc.server(ThreadPoolExecutor(_WORKERS))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(DockerBuildPlugin(sys.argv[1]), server)
    port = bind(server)
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    parent, orphaned = os.getppid(), threading.Event()
    # The engine interrupts a plugin that it is done with, and takes another code than 0 for a fault.
    signal.signal(signal.SIGINT, lambda *_: orphaned.set())
    while not orphaned.wait(_PARENT_CHECK_SECONDS):
        if os.getppid() != parent:
            orphaned.set()
    server.stop(None).wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
