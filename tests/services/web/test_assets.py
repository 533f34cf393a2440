"""Static files: names that follow from their content, kept forever; texts and templates, also from the shared files."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from services.web import assets as assets_module
from services.web.assets import FOLDER, Assets
from services.web.texts import Texts
from tests.services.web.browser import Browser
from tests.services.web.fake_api import FIELDS, seed

WEB = Path(assets_module.__file__).parent


def test_a_changed_file_has_another_name(tmp_path: Path) -> None:
    (tmp_path / "site.css").write_text("a {}")
    before = Assets(tmp_path).url("site.css")
    (tmp_path / "site.css").write_text("b {}")
    assert Assets(tmp_path).url("site.css") != before
    (tmp_path / "site.exe").write_text("")
    with pytest.raises(ValueError, match=r"site\.exe must end in one of"):
        Assets(tmp_path)


def test_the_service_serves_its_files_and_nothing_else(browser: Browser) -> None:
    page = browser.get("/home")
    for given in [*page.all("img"), *page.all("script"), *page.all("link")]:
        answer = browser.client.get(given.get("src") or given["href"])
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    for key in ("site.css", "../app.py", "%2e%2e/app.py", "products/../../app.py", "site.000000000000.css", ""):
        assert browser.client.get(f"/static/{key}").status_code == 404, key


def test_files_load_nothing_from_elsewhere() -> None:
    for path in FOLDER.rglob("*.*"):
        text = path.read_text()
        hosts = {urlsplit(url).netloc for url in re.findall(r"https?://[^\s\"')]+", text)}
        assert hosts <= {"www.w3.org"}, path
        assert "<script" not in text or path.suffix == ".js", path
    assert sum(path.stat().st_size for path in FOLDER.rglob("*.*")) < 100_000


def test_every_product_of_the_seed_has_a_picture_and_a_stock() -> None:
    articles, stock = seed("catalogue"), seed("inventory")
    for article in articles:
        assert (FOLDER / "products" / f"{article['product_id']}.svg").is_file()
        assert all(article[field] for field in FIELDS)
    assert {one["sku"] for one in stock} == {one["sku"] for one in articles}
    assert len({article["product_id"] for article in articles}) == 12
    assert len({article["category"] for article in articles}) == 4


def used_texts() -> set[str]:
    """Names of texts in templates and modules; those that are put together are known by their beginning."""
    found: set[str] = set()
    for path in [*WEB.rglob("*.html"), *WEB.rglob("*.py")]:
        found |= set(re.findall(r"""["']([a-z_]+(?:\.[a-zA-Z0-9_.-]+)*\.?)["'{]""", path.read_text()))
        found |= {f"{name}." for name in re.findall(r"""f["']([a-z_.]+)\.\{""", path.read_text())}
    return found


def test_no_text_is_left_over() -> None:
    used = used_texts()
    spare = [
        name
        for name in Texts(Path("/nowhere")).below("")
        if name not in used
        and not any(name.removesuffix(end) in used for end in (".one", ".other"))
        and not any(f"{name[:at]}." in used or name[:at] in used for at in range(len(name)) if name[at] == ".")
    ]
    assert not spare


def test_shared_files_come_before_our_own(open_browser: Callable[..., Browser], tmp_path: Path) -> None:
    for folder in ("templates", "texts"):
        (tmp_path / folder).mkdir()
    (tmp_path / "texts" / "en.json").write_text('{"home.heading": "Sale & more"}')
    (tmp_path / "templates" / "privacy.html").write_text("<h1>{{ t('home.heading') }}</h1>{{ ''.__class__.__mro__ }}")
    shopper = open_browser(shared_files=tmp_path)
    assert "Sale & more" in shopper.get("/home").text
    shopper.get("/privacy")
    # Templates there are another's: they write pages, and reach nothing else.
    assert "object" not in shopper.response.text
    (tmp_path / "texts" / "en.json").write_text('["home"]')
    with pytest.raises(ValueError, match="must be a mapping of names to texts"):
        Texts(tmp_path)
