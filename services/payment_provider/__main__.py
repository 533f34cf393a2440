"""Serve the simulated payment provider on this machine: `python -m services.payment_provider`.

Variables: STORE_HOST (127.0.0.1), STORE_PORT (8080), STORE_PROVIDER_NOTICE_URL (where notices go),
STORE_PROVIDER_URL (its address as the customer's browser knows it; that of host and port without it),
STORE_PAYMENT_PROVIDER_KEY (what the store must show; nothing without it).
"""

import os
import sys

import uvicorn

from functions.common import names
from services.common.settings import HOST, optional
from services.payment_provider.notices import by_http
from services.payment_provider.server import app
from services.payments.provider import KEY

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
    uvicorn.run(
        app(url, by_http(notice_url), key=optional(KEY)),
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
    )


if __name__ == "__main__":
    main()
