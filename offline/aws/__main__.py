"""Starts the plugin: serves on a free port of 127.0.0.1 and prints it for the engine."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from offline.aws.server import AwsPlugin
from offline.port import bind

_WORKERS = 32
_PARENT_CHECK_SECONDS = 1.0
_GRACE_SECONDS = 2.0


def main() -> None:
    """Serves until the engine stops the plugin or the engine's process is gone."""
    plugin = AwsPlugin()
    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(_WORKERS), options=unlimited)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(plugin, server)
    port = bind(server)
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    parent, orphaned = os.getppid(), threading.Event()
    while not orphaned.wait(_PARENT_CHECK_SECONDS):
        if os.getppid() != parent:
            orphaned.set()
    plugin.close()
    server.stop(_GRACE_SECONDS).wait()


if __name__ == "__main__":
    main()
