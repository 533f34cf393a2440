"""Runs a cache server that ends with the run: `python -m local.front.cache_host <program>`.

Standard input has the number of the configuration's lines, then these; its end is the end of the run. The configuration
holds passwords, so it is in no file and no argument.
"""

import signal
import subprocess
import sys
import tempfile
import threading


def main(program: str) -> int:
    """Exit code of the server."""
    count = int(sys.stdin.readline())
    configuration = "".join(sys.stdin.readline() for _ in range(count))
    with tempfile.TemporaryDirectory(prefix="store-cache-") as folder:
        server = subprocess.Popen([program, "-"], stdin=subprocess.PIPE, cwd=folder, text=True)
        assert server.stdin
        server.stdin.write(configuration)
        server.stdin.close()
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
        return server.wait()


def _end_with_parent(server: "subprocess.Popen[str]") -> None:
    while sys.stdin.readline():
        continue
    server.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
