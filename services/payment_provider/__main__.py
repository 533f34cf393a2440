"""Serve the simulated payment provider from memory: `python -m services.payment_provider`.

For a machine without the environment's own (`python -m services` with `STORE_SERVICE=payment-provider`). Variables:
STORE_HOST (127.0.0.1), STORE_PORT (8080), STORE_PROVIDER_NOTICE_URL (where notices go), STORE_PROVIDER_URL (its address
as the customer's browser knows it; that of host and port without it), STORE_PAYMENT_PROVIDER_KEY (what the store must
show; nothing without it).
"""

import os
import sys

import uvicorn

from functions.common import names
from services.common.app import make
from services.common.settings import HOST, optional
from services.payment_provider.notices import by_http
from services.payment_provider.server import LATE_SECONDS, Simulation, for_tests, routes
from services.payment_provider.shelves import Memory

NOTICE_URL = "STORE_PROVIDER_NOTICE_URL"
URL = "STORE_PROVIDER_URL"


def main() -> None:
    notice_url = optional(NOTICE_URL)
    if notice_url is None:
        sys.exit(
            f"{NOTICE_URL} must be set: where the store takes notices, such as https://<store>/api/payments/notices"
        )
    host, port = os.environ.get(HOST, "127.0.0.1"), int(os.environ.get(names.PORT, "8080"))
    url = optional(URL) or f"http://{host}:{port}"
    key = optional(names.PAYMENT_PROVIDER_KEY)
    simulation = Simulation.on(Memory(), url, by_http(notice_url), key=key, late_seconds=LATE_SECONDS)
    uvicorn.run(
        make("payment-provider", {"": routes(lambda: simulation), "/admin": for_tests(lambda: simulation)}),
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
    )


if __name__ == "__main__":
    main()
