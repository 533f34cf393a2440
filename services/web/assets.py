"""Static files under names that contain the hash of their content, so that browsers and CloudFront keep them forever.

The service answers `/static/*` itself, and CloudFront caches the answers (`edge.web_asset_paths`): a release brings its
files along.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
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


def _asset(folder: Path, path: Path) -> Asset:
    if path.suffix not in _TYPES:
        raise ValueError(f"{path} must end in one of {', '.join(_TYPES)}: other endings have no content type here")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    key = path.relative_to(folder).with_name(f"{path.stem}.{digest}{path.suffix}").as_posix()
    return Asset(path, key, _TYPES[path.suffix])
