"""What docker-build answers for an image, without Docker.

Behaviour recorded from pulumi-docker-build 0.0.14 (tests/offline/awsx/data/ecr).
"""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from offline.docker_build.ignored import Ignored

Values = dict[str, Any]
COMPUTED = ("contextHash", "digest", "ref")
# https://github.com/distribution/reference/blob/main/regexp.go, shortened to what a mistake shows.
_REFERENCE = re.compile(
    r"^[a-z0-9][\w.-]*(:\d+)?(/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)+(:\w[\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$"
)


def checked(given: Values) -> tuple[Values, list[tuple[str, str]]]:
    """Inputs with docker-build's defaults, and what is wrong with them: property and reason."""
    inputs = {
        "exec": False,
        "load": False,
        "noCache": False,
        "pull": False,
        "target": "",
        **given,
        "dockerfile": {"inline": "", **(given.get("dockerfile") or {})},
    }
    for caches in ("cacheFrom", "cacheTo"):
        inputs[caches] = [{"disabled": False, "raw": "", **cache} for cache in given.get(caches) or []]
    context = _folder(given)
    inputs["dockerfile"].setdefault("location", str(PurePosixPath(context) / "Dockerfile"))
    failures = [
        (f"tags[{position}]", "invalid reference format")
        for position, tag in enumerate(given.get("tags") or [])
        if not _REFERENCE.match(tag)
    ]
    dockerfile = Path(inputs["dockerfile"]["location"])
    if not inputs["dockerfile"]["inline"] and not dockerfile.is_file():
        failures.append(("dockerfile.location", f"open {dockerfile.absolute()}: no such file or directory"))
    elif not Path(context).is_dir():
        failures.append(("context.location", f"{Path(context).absolute()}: not a directory"))
    return inputs, failures


def changed(olds: Values, news: Values) -> list[str]:
    """Properties that differ, the context's hash among them; passwords of registries are not compared."""
    found = sorted(key for key in olds.keys() | news.keys() if _compared(olds, key) != _compared(news, key))
    found = [key for key in found if key not in COMPUTED]
    return [*found, "contextHash"] if olds.get("contextHash") != context_hash(news) else found


def built(inputs: Values) -> Values:
    """Outputs: equal inputs have an equal digest."""
    context = context_hash(inputs)
    made_of = json.dumps([context, *(inputs.get(key) for key in ("buildArgs", "platforms", "target"))], sort_keys=True)
    digest = f"sha256:{hashlib.sha256(made_of.encode()).hexdigest()}"
    return {**inputs, "contextHash": context, "digest": digest, "ref": f"{inputs['tags'][0]}@{digest}"}


def context_hash(inputs: Values) -> str:
    """Of the Dockerfile, and of names, modes and contents of the files that `.dockerignore` leaves in the context."""
    root, dockerfile = Path(_folder(inputs)), Path(inputs["dockerfile"]["location"])
    own = Path(f"{dockerfile}.dockerignore")
    ignored = Ignored(own if own.is_file() else root / ".dockerignore")
    found = hashlib.sha256(dockerfile.read_bytes())
    for path in ignored.files(root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        found.update(f"{path.relative_to(root)} {path.stat().st_mode:o} {content}\n".encode())
    return found.hexdigest()


def _folder(inputs: Mapping[str, Any]) -> str:
    return (inputs.get("context") or {}).get("location") or "."


def _compared(values: Values, key: str) -> Any:
    value = values.get(key)
    if key != "registries":
        return value
    return [{name: text for name, text in registry.items() if name != "password"} for registry in value or []]
