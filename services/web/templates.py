"""Templates of the pages, from the package and, before them, from the shared files."""

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from services.web.assets import Assets
from services.web.money import money
from services.web.texts import Texts

_OWN = Path(__file__).parent / "templates"
_NO_PICTURE = "products/none.svg"


class Templates:
    """Everything is escaped, and a name that a template gets wrong is an error. Templates of the shared files run in
    jinja's sandbox: whoever may write files there cannot run code here."""

    def __init__(self, shared: Path, texts: Texts, assets: Assets) -> None:
        """
        Args:
            shared: Folder of the shared files.
        """
        self._assets = assets
        self._jinja = SandboxedEnvironment(
            loader=FileSystemLoader([shared / "templates", _OWN]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._jinja.globals.update(
            t=texts, tn=texts.counted, text=texts.get, texts=texts.below, asset=assets.url, picture=self._picture
        )
        self._jinja.filters.update(money=money, day=_day, moment=_moment, kilometres=_kilometres)
        self.release = _digest(shared, texts, assets)
        """Changes with templates, texts and files: fragments of another release are not used."""

    def render(self, name: str, **context: Any) -> str:
        return self._jinja.get_template(name).render(context)

    def _picture(self, product_id: str) -> str:
        """URL of a product's picture; a drawn box where there is none."""
        name = f"products/{product_id}.svg"
        return self._assets.url(name if name in self._assets.by_name else _NO_PICTURE)


def _digest(shared: Path, texts: Texts, assets: Assets) -> str:
    digest = hashlib.sha256()
    for folder in (_OWN, shared / "templates"):
        for path in sorted(folder.glob("*.html")):
            digest.update(path.read_bytes())
    digest.update(json.dumps([dict(texts.below("")), sorted(assets.by_key)]).encode())
    return digest.hexdigest()[:16]


def _day(moment: str) -> str:
    """`30 November 2026`, of a time in RFC 3339."""
    at = datetime.fromisoformat(moment)
    return f"{at.day} {at:%B %Y}"


def _kilometres(metres: int) -> str:
    """Distance, with a digit after the point below ten."""
    away = metres / 1000
    return f"{away:.1f}" if metres < 10_000 else f"{away:.0f}"


def _moment(moment: str) -> str:
    """`30 November 2026, 14:05 UTC`."""
    return f"{_day(moment)}, {datetime.fromisoformat(moment):%H:%M} UTC"
