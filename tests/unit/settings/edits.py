"""Changes of a stack's configuration, by dotted path below its sections."""

from collections.abc import Callable
from typing import Any

Config = dict[str, Any]
SERVICES = "app_tier.services"


def put(path: str, value: Any) -> Callable[[Config], object]:
    def change(config: Config) -> None:
        section, *keys, last = path.split(".")
        place = config.setdefault(f"web-store:{section}", {})
        for key in keys:
            place = place[int(key)] if isinstance(place, list) else place.setdefault(key, {})
        place[int(last) if isinstance(place, list) else last] = value

    return change


def drop(path: str) -> Callable[[Config], object]:
    def change(config: Config) -> None:
        section, *keys = path.split(".")
        if keys:
            del config[f"web-store:{section}"][keys[0]]
        else:
            del config[f"web-store:{section}"]

    return change


def both(*changes: Callable[[Config], object]) -> Callable[[Config], object]:
    def change(config: Config) -> None:
        for one in changes:
            one(config)

    return change


def entry(name: str, changes: dict[str, Any]) -> Any:
    """Change the entry of a service; None removes a key."""

    def change(config: Config) -> None:
        service = config["web-store:app_tier"]["services"].setdefault(name, {})
        for key, value in changes.items():
            if value is None:
                service.pop(key, None)
            else:
                service[key] = value

    return change


def lambda_runtime(**changes: Any) -> dict[str, Any]:
    return {"kind": "lambda", "code": "order_relay", **changes}
