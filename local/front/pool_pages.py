"""Pages of the user pool's domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from local.front.messages import Answer

_FOLDER: Final = Path(__file__).parent / "pages"


@dataclass(frozen=True, kw_only=True)
class Field:
    """An input of a form."""

    name: str
    label: str = ""
    kind: str = "text"
    autocomplete: str = "off"
    hint: str = ""
    value: str = ""


@dataclass(frozen=True, kw_only=True)
class Page:
    title: str
    fields: Sequence[Field] = ()
    button: str = ""
    other: tuple[str, str] | None = None
    """Text and address of a second button, which needs no field."""
    links: Sequence[tuple[str, str]] = ()
    told: Sequence[str] = ()
    problems: Sequence[str] = ()


EMAIL: Final = Field(name="username", label="Email address", kind="email", autocomplete="username")
PASSWORD: Final = Field(name="password", label="Password", kind="password", autocomplete="current-password")
CODE: Final = Field(
    name="code", label="Code", autocomplete="one-time-code", hint="Six digits. The status page of the run shows it."
)


def new_password(rules: Sequence[str]) -> Field:
    return Field(
        name="password",
        label="Password",
        kind="password",
        autocomplete="new-password",
        hint=f"It needs {', '.join(rules)}.",
    )


def render(page: Page, *, status: int = 200, action: str = "", csrf: str = "", redirect_uri: str = "") -> Answer:
    """
    Args:
        action: Address that the form is sent to.
        redirect_uri: Where the form may lead in the end: browsers follow redirects of forms to named hosts only.
    """
    text = _template().render(
        title=page.title,
        fields=[
            {
                "name": field.name,
                "label": field.label,
                "kind": field.kind,
                "autocomplete": field.autocomplete,
                "hint": field.hint,
                "value": field.value,
            }
            for field in page.fields
        ],
        button=page.button,
        other=page.other,
        links=page.links,
        told=page.told,
        problems=page.problems,
        action=action,
        csrf=csrf,
    )
    parts = urlsplit(redirect_uri)
    leads_to = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    policy = (
        f"default-src 'none'; style-src 'self'; form-action 'self'{leads_to}; base-uri 'none'; frame-ancestors 'none'"
    )
    return Answer(
        status=status, headers=tuple({**_HEADERS, "content-security-policy": policy}.items()), body=text.encode()
    )


def style() -> Answer:
    headers = (("content-type", "text/css; charset=utf-8"), ("cache-control", "max-age=300"))
    return Answer(status=200, headers=headers, body=(_FOLDER / "pages.css").read_bytes())


_HEADERS: Final[Mapping[str, str]] = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")
