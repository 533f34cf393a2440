"""The sources of the services' image, and their hash."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
DOCKERFILE = "services/Dockerfile"
# As .dockerignore lets them pass.
_ROOTS = ("functions/__init__.py", "functions/common", "services")
_CHARACTERS = 16


def source_files(project: Path = PROJECT) -> Iterator[Path]:
    """Files that the image is built from, in a fixed order."""
    for root in _ROOTS:
        place = project / root
        found = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
        yield from (path for path in found if path.suffix != ".pyc" and "__pycache__" not in path.parts)


def source_hash(project: Path = PROJECT) -> str:
    """The same for the same files with the same modes, which docker-build compares, too."""
    found = hashlib.sha256()
    for path in source_files(project):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        found.update(f"{path.relative_to(project)} {path.stat().st_mode:o} {content}\n".encode())
    return found.hexdigest()[:_CHARACTERS]
