"""Serve the plugin on a free port of 127.0.0.1 and print it for the engine."""

import asyncio
import os
import sys

import grpc.aio
from pulumi.runtime.proto import provider_pb2_grpc

from offline.awsx.server import CHANNEL_OPTIONS, AwsxProvider
from offline.port import bind

CHECK_PARENT_SECONDS = 2.0


async def serve(engine: str) -> None:
    """Runs until the engine ends the process, or has itself ended without doing so."""
    server = grpc.aio.server(options=CHANNEL_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(AwsxProvider(engine), server)
    port = bind(server)
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(CHECK_PARENT_SECONDS)
    await server.stop(grace=None)


def main() -> int:
    if len(sys.argv) < 2:
        sys.stderr.write("usage: pulumi-resource-awsx ENGINE_ADDRESS (started by the Pulumi engine, not by hand)\n")
        return 2
    asyncio.run(serve(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
