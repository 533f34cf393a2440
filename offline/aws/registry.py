"""The account's registry of container images."""

import base64
import secrets

from offline.wire import Properties


def registry_token(given: Properties, region: str, account: str) -> Properties:
    """Another password at each call, as ECR gives over time (recorded: tests/offline/awsx/data/ecr)."""
    registry = str(given.get("registryId") or account)
    password = secrets.token_hex(16)
    return {
        "id": region,
        "userName": "AWS",
        "password": password,
        "authorizationToken": base64.b64encode(f"AWS:{password}".encode()).decode(),
        "proxyEndpoint": f"https://{registry}.dkr.ecr.{region}.amazonaws.com",
        "expiresAt": "2030-01-01T00:00:00Z",
        **given,
    }
