"""Values that condition operators compare, read from text; each reader raises ValueError for another form."""

import base64
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def number(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number") from None
    if not found.is_finite():
        raise ValueError(f"{text!r} is no number")
    return found


def date(text: str) -> datetime:
    """ISO 8601 (https://www.w3.org/TR/NOTE-datetime), or seconds since 1970; without a zone, UTC."""
    # A year or a month alone are dates, too.
    whole = {4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text)
    try:
        return datetime.fromtimestamp(float(text), UTC) if _is_seconds(text) else _zoned(datetime.fromisoformat(whole))
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{text!r} is no date of ISO 8601, nor seconds since 1970") from None


def binary(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError(f"{text!r} is not base64") from None


def address(text: str) -> Address:
    return ip_address(text)


def network(text: str) -> Network:
    """A CIDR block, or one address."""
    return ip_network(text, strict=False)


def is_in(found: Address, block: Network) -> bool:
    return found.version == block.version and found in block


def _is_seconds(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdigit() and len(text) > len("2026")


def _zoned(found: datetime) -> datetime:
    return found if found.tzinfo else found.replace(tzinfo=UTC)
