"""Sums of money as customers read them."""

# Digits after the point where they are not two (ISO 4217).
_DIGITS = {"CLP": 0, "ISK": 0, "JPY": 0, "KRW": 0, "VND": 0, "BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3}
_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}


def money(minor: int, currency: str) -> str:
    """
    Args:
        minor: Sum in the currency's smallest unit.
        currency: ISO 4217 code.
    """
    digits = _DIGITS.get(currency, 2)
    whole, part = divmod(abs(minor), 10**digits)
    amount = f"{whole:,}" + (f".{part:0{digits}d}" if digits else "")
    sign = "-" if minor < 0 else ""
    if currency in _SIGNS:
        return f"{sign}{_SIGNS[currency]}{amount}"
    return f"{sign}{currency}\N{NO-BREAK SPACE}{amount}"
