"""Static files under names that contain the hash of their content, so that browsers and CloudFront keep them forever.

`/static/*` is answered from the media bucket where the edge says so (`edge.media_paths`), else by the service itself;
both have the same names. `manifest.json` lists them for whoever fills the bucket: `python -m services.web.assets`.
This module needs the standard library only.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "static"
MANIFEST = Path(__file__).parent / "manifest.json"
CACHE_CONTROL = "public, max-age=31536000, immutable"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    path: Path
    """The file."""
    key: str
    """Name below `/static/`, with the hash: `site.0f1e2d3c4b5a.css`."""
    content_type: str


class Assets:
    """The files of a folder by their plain names, such as `products/mug.svg`.

    Raises:
        ValueError: a file has an ending without a content type.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        found = {
            path.relative_to(folder).as_posix(): _asset(folder, path)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        self.by_name: Mapping[str, Asset] = found
        self.by_key: Mapping[str, Asset] = {asset.key: asset for asset in found.values()}

    def url(self, name: str) -> str:
        """
        Raises:
            KeyError: there is no such file.
        """
        return f"/static/{self.by_name[name].key}"

    def manifest(self) -> dict[str, Any]:
        """Cache-Control of all, and for each object key of the bucket its file below `services/web` and its type."""
        files = {
            f"static/{asset.key}": {
                "file": f"static/{name}",
                "content_type": asset.content_type,
            }
            for name, asset in self.by_name.items()
        }
        return {"cache_control": CACHE_CONTROL, "files": files}


def _asset(folder: Path, path: Path) -> Asset:
    if path.suffix not in _TYPES:
        raise ValueError(f"{path} must end in one of {', '.join(_TYPES)}: other endings have no content type here")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    key = path.relative_to(folder).with_name(f"{path.stem}.{digest}{path.suffix}").as_posix()
    return Asset(path, key, _TYPES[path.suffix])


def manifest_text() -> str:
    """What `manifest.json` must contain."""
    return json.dumps(Assets().manifest(), indent=2) + "\n"


if __name__ == "__main__":
    MANIFEST.write_text(manifest_text())
