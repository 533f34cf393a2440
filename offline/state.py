"""The files that the engine keeps in the offline home, checked before it reads them: its own messages name no file."""

import json
import re
from pathlib import Path
from typing import Any, Final

from offline.errors import OfflineError
from offline.files import read_json, read_text, write

_PASSPHRASE: Final = re.compile(r"[\w-]{20,}")
_META: Final = "version: 1\n"
"""That stacks have a folder for each project: https://github.com/pulumi/pulumi/blob/master/pkg/backend/diy/meta.go"""
_SALT_FORM: Final = re.compile(r"v1:[\w+/=]+:v1:[\w+/=]+:[\w+/=]+")


def state_file(backend: Path, project: str, stack: str) -> Path:
    return backend / "stacks" / project / f"{stack}.json"


def checkpoint_of(backend: Path, project: str, stack: str) -> dict[str, Any]:
    """The state of a stack as the backend keeps it, secrets encrypted; empty before the first update.

    Raises:
        OfflineError: the file is damaged.
    """
    path = state_file(backend, project, stack)
    if not path.exists() and not path.is_symlink():
        return {}
    try:
        found = read_json(path)
    except OfflineError as problem:
        raise OfflineError(f"{problem}.\n{_way_out(backend, path)}") from None
    why = _damage(found)
    if why:
        raise OfflineError(f"{path} is no state of a stack: {why}.\n{_way_out(backend, path)}")
    return found["checkpoint"].get("latest") or {}


def _damage(found: Any) -> str:
    """What a state file lacks; empty if nothing."""
    checkpoint = found.get("checkpoint") if isinstance(found, dict) else None
    if not isinstance(checkpoint, dict):
        return "it has no mapping `checkpoint`"
    latest = checkpoint.get("latest")
    if latest is None:
        return ""
    resources = latest.get("resources", []) if isinstance(latest, dict) else None
    if resources is None:
        return ""
    if not isinstance(resources, list):
        return "`resources` must be a list"
    for position, entry in enumerate(resources):
        texts = ("urn", "type", *(["id"] if isinstance(entry, dict) and entry.get("custom") else []))
        if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in texts):
            return f"resource {position} has no {', '.join(texts)}"
        if entry["urn"].count("::") < 3:
            return f"resource {position} has the URN {entry['urn']!r:.80}"
    return ""


def _way_out(backend: Path, path: Path) -> str:
    home = backend.parent.parent
    anew = f"rm -rf '{home}' begins anew, without any stack"
    earlier = path.with_name(f"{path.name}.bak")
    try:
        usable = not _damage(read_json(earlier))
    except OfflineError:
        usable = False
    if not usable:
        return f"Way out: {anew}."
    return f"Way out: an earlier state is whole: cp '{earlier}' '{path}'. Or {anew}."


def salt_of(checkpoint: dict[str, Any]) -> str | None:
    """What the engine derives its key from, beside the passphrase."""
    provider = checkpoint.get("secrets_providers")
    state = provider.get("state") if isinstance(provider, dict) and provider.get("type") == "passphrase" else None
    salt = state.get("salt") if isinstance(state, dict) else None
    return salt if isinstance(salt, str) and _SALT_FORM.fullmatch(salt) else None


def require_passphrase(home: Path) -> None:
    """Refuse a passphrase that cannot be that of the stacks.

    Raises:
        OfflineError: with the file and the way out.
    """
    backend = home / "state" / ".pulumi"
    anew = f"Way out: rm -rf '{home}' begins anew, without any stack."
    passphrase = home / "passphrase"
    stacks = sorted(backend.glob("stacks/*/*.json"))
    if not passphrase.exists() and stacks:
        raise OfflineError(f"{passphrase} is gone, and {stacks[0]} is encrypted with it. Put it back. {anew}")
    if passphrase.exists():
        try:
            is_sound = _PASSPHRASE.fullmatch(read_text(passphrase).strip())
        except OfflineError as problem:
            raise OfflineError(f"{problem}. {anew}") from None
        if not is_sound:
            raise OfflineError(f"{passphrase} is damaged: it must hold the text that encrypts the states. {anew}")


def repair(home: Path) -> list[Path]:
    """Mend damaged files whose content the engine does not need, or is always the same; returns them."""
    backend = home / "state" / ".pulumi"
    mended: list[Path] = []
    # Media types of the other files; without one the engine takes the usual.
    for path in (*backend.glob("*.attrs"), *backend.glob("stacks/**/*.attrs")):
        if not _is_mapping(path):
            path.unlink()
            mended.append(path)
    meta = backend / "meta.yaml"
    if meta.exists() and meta.read_bytes() != _META.encode():
        write(meta, _META)
        mended.append(meta)
    return mended


def _is_mapping(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except (ValueError, RecursionError):
        return False
