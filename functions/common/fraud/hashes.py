"""Keyed hashes, by which counters and decisions know customers, addresses and networks."""

import hmac
from functools import cache
from ipaddress import IPv4Address, ip_address, ip_network

from functions.common import names
from functions.common.aws import kms, setting

# Another text makes other hashes, as another key does: all counters begin anew.
_PURPOSE = b"web store: identifiers in fraud scoring, 1"
_PREFIX = {4: 24, 6: 56}


@cache
def _key() -> bytes:
    """Key of the process: derived by KMS once, so that a payment does not wait for KMS."""
    answer = kms().generate_mac(KeyId=setting(names.FRAUD_MAC_KEY), Message=_PURPOSE, MacAlgorithm="HMAC_SHA_256")
    return answer["Mac"]


def keyed(kind: str, value: str) -> str:
    """
    Raises:
        BotoCoreError, ClientError: KMS did not give the key of the process.
    """
    return hmac.new(_key(), f"{kind}\n{value}".encode(), "sha256").hexdigest()[:32]


def network_of(address: str | None) -> str | None:
    """The network of a client: the first 24 bits of an IPv4 address, 56 of IPv6; None for what is no address of the
    internet."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return None
    mapped = None if isinstance(found, IPv4Address) else found.ipv4_mapped
    found = mapped or found
    if not found.is_global:
        return None
    return str(ip_network(f"{found}/{_PREFIX[found.version]}", strict=False))
