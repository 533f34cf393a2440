"""The chat: one message to the bot at a time, and what it replies; a form that needs no script."""

from typing import Any

from fastapi.responses import Response

from services.web.models import Chat, ChatReply, read
from services.web.serving import Page
from services.web.store_api import ApiDownError, NotFoundError, RefusedError
from services.web.visit import DOWN, Visit

_LONGEST = 500
_BUSY = 429
# Longer than the service waits for the bot, and shorter than CloudFront for this page.
_PATIENCE_SECONDS = 12


async def _chat(visit: Visit) -> Response:
    """
    Raises:
        MustSignInError: nobody has signed in: the bot tells customers of their own orders.
    """
    try:
        chat = read(Chat, (await visit.call("GET", "/customers/me/chat")).body)
    except NotFoundError:
        return await _page(visit, state="off")
    except ApiDownError:
        return await _page(visit, DOWN, state="down")
    return await _page(visit, locales=chat.locales, locale=chat.locales[0])


async def _tell(visit: Visit) -> Response:
    text, locale = visit.field("text"), visit.field("locale")
    # A form that somebody has changed may name a language that has no name here.
    locales = [one for one in visit.field("locales").split(",") if visit.site.texts.get(f"chat.language.{one}")]
    shown: dict[str, Any] = {"locales": locales or [locale], "locale": locale, "draft": text}
    if not text or len(text) > _LONGEST:
        field = visit.t("chat.text")
        wrong = visit.t("wrong.long", field=field, most=_LONGEST) if text else visit.t("wrong.missing", field=field)
        return await _page(visit, 400, **shown, wrong={"text": wrong})
    body = {"text": text, "locale": locale}
    try:
        reply = await visit.call("POST", "/customers/me/chat", body=body, patience_seconds=_PATIENCE_SECONDS)
        answer = read(ChatReply, reply.body)
    except NotFoundError:
        return await _page(visit, state="off")
    except ApiDownError as error:
        return await _page(visit, DOWN, **shown, state="uncertain" if error.uncertain else "down")
    except RefusedError as error:
        if error.status != _BUSY:
            raise
        return await _page(visit, _BUSY, **shown, state="busy")
    return await _page(visit, **{**shown, "draft": ""}, asked=text, replies=answer.replies)


async def _page(visit: Visit, status: int = 200, *, state: str = "", **shown: Any) -> Response:
    """
    Args:
        state: Why the bot does not answer: `off`, `down`, `busy`, `uncertain` (it may have the message), or empty.
    """
    empty = {"locales": [], "locale": "", "draft": "", "wrong": {}, "asked": "", "replies": []}
    return await visit.page("chat.html", status, **{**empty, **shown}, state=state)


PAGES = (
    Page(path="/chat", handler=_chat, personal=True),
    Page(path="/chat", handler=_tell, method="POST", personal=True, back="/chat"),
)
