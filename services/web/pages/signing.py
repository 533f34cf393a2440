"""Sign-up, sign-in and sign-out."""

from urllib.parse import urlencode

from fastapi.responses import Response

from functions.common.log import logger
from services.web.cart import merge
from services.web.config import CALLBACK_PATH
from services.web.customers import must_be_asked
from services.web.serving import Page
from services.web.session import Customer, SessionData
from services.web.sign_in import SignInDownError, SignInRefusedError, forget, is_over, remember
from services.web.store_api import ApiError
from services.web.visit import MustSignInError, Visit, own_path


async def _sign_in(visit: Visit) -> Response:
    return await _to_user_pool(visit, "/oauth2/authorize")


async def _sign_up(visit: Visit) -> Response:
    return await _to_user_pool(visit, "/signup")


async def _to_user_pool(visit: Visit, page: str) -> Response:
    following = own_path(visit.query("next"))
    if visit.customer:
        return visit.go(following)
    url, state, pending = visit.site.sign_in.begin(page, following)
    visit.session.change(lambda data: remember(data, state, pending))
    visit.must_keep = True
    return visit.leave(url)


async def _again(visit: Visit) -> Response:
    following = own_path(visit.query("next"))
    if visit.customer:
        return visit.go(following)
    return await visit.page("sign_in_again.html", next=urlencode({"next": following}))


async def _callback(visit: Visit) -> Response:
    """The user pool sends the browser back, with a code or an error, and the state that this browser was given."""
    state = visit.query("state")
    pending = visit.session.data.sign_ins.get(state)
    if pending is None:
        # A page that is loaded again, or a link that somebody else has made.
        return visit.go("/account") if visit.customer else await _failed(visit)
    visit.session.change(lambda data: forget(data, state))
    visit.must_keep = True
    if is_over(pending):
        return await _failed(visit)
    if visit.query("error"):
        visit.session.say("note", visit.t("sign_in.cancelled"))
        # Not to where the customer was going: that page asks for a sign-in again.
        return visit.go("/cart" if visit.session.data.lines else "/home")
    try:
        customer = await visit.site.sign_in.finish(visit.query("code"), pending)
    except SignInRefusedError as error:
        logger.warning("sign-in refused", extra={"cause": str(error)})
        return await _failed(visit)
    except SignInDownError:
        return await visit.down("sign_in")
    visit.session.renew()
    visit.session.change(lambda data: _signed_in(data, customer))
    return visit.go(await _welcome(visit, own_path(pending.next)))


async def _failed(visit: Visit) -> Response:
    return await visit.page("sign_in_failed.html", 400)


async def _welcome(visit: Visit, following: str) -> str:
    """What happens first after a sign-in: the visitor's cart moves into the customer's, and who was never asked is
    asked about consents. Neither may stand in the way of a sign-in."""
    try:
        await merge(visit)
        if await must_be_asked(visit):
            return f"/welcome?{urlencode({'next': following})}"
    except (ApiError, MustSignInError) as error:
        logger.warning("sign-in without its first steps", extra={"cause": type(error).__name__})
    return following


async def _sign_out(visit: Visit) -> Response:
    customer = visit.customer
    visit.session.end()
    visit.must_keep = True
    if customer:
        await visit.site.sign_in.revoke(customer)
    return visit.go("/sign-out/end")


async def _end(visit: Visit) -> Response:
    """Leads on to the user pool by a page of its own: a form may not lead to other hosts."""
    return await visit.page("signing_out.html", url=visit.site.sign_in.sign_out_url())


def _signed_in(data: SessionData, customer: Customer) -> None:
    data.customer, data.cart_count, data.checkout = customer, None, None


PAGES = (
    Page(path="/sign-in", handler=_sign_in, personal=True),
    Page(path="/sign-up", handler=_sign_up, personal=True),
    Page(path="/sign-in/again", handler=_again, personal=True),
    Page(path=CALLBACK_PATH, handler=_callback, personal=True),
    Page(path="/sign-out", handler=_sign_out, method="POST", personal=True),
    Page(path="/sign-out/end", handler=_end, personal=True),
)
