"""The customer's account: profile, addresses, consents, erasure."""

import re
import secrets

from fastapi.responses import Response

from services.web import customers
from services.web.serving import Page
from services.web.store_api import NotFoundError, RefusedError, path
from services.web.visit import Visit, own_path

_NAME_LENGTH = 128
_ADDRESS = re.compile(r"[A-Za-z0-9_-]{1,64}")


async def _account(visit: Visit) -> Response:
    return await visit.page("account.html", profile=await customers.profile(visit), wrong={}, values=None)


async def _change_profile(visit: Visit) -> Response:
    values = {name: visit.field(name) for name in ("given_name", "family_name")}
    wrong = {
        name: visit.t("wrong.long", field=visit.t(f"profile.{name}"), most=_NAME_LENGTH)
        for name, value in values.items()
        if len(value) > _NAME_LENGTH
    }
    values["phone_number"], phone_wrong = customers.phone_of(visit)
    if phone_wrong:
        wrong["phone_number"] = phone_wrong
    if wrong:
        profile = await customers.profile(visit)
        return await visit.page("account.html", 400, profile=profile, wrong=wrong, values=values)
    given = customers.filled(values)
    if given:
        await visit.call("PUT", "/customers/me", body=given)
        visit.session.say("done", visit.t("profile.saved"))
    return visit.go("/account")


async def _addresses(visit: Visit) -> Response:
    return await visit.page("addresses.html", profile=await customers.profile(visit))


async def _address(visit: Visit) -> Response:
    profile, address_id = await customers.profile(visit), visit.param("address_id")
    saved = next((one for one in profile.addresses if one.address_id == address_id), None) if profile else None
    if saved is None and address_id != "new":
        raise NotFoundError
    values = saved.model_dump() if saved else dict.fromkeys(customers.ADDRESS_FIELDS, "")
    return await visit.page("address.html", address_id=address_id, values=values, wrong={})


async def _save_address(visit: Visit) -> Response:
    address_id = visit.param("address_id")
    if not _ADDRESS.fullmatch(address_id):
        raise NotFoundError
    address, wrong = customers.address_of(visit)
    if wrong:
        return await visit.page("address.html", 400, address_id=address_id, values=address, wrong=wrong)
    target = secrets.token_hex(8) if address_id == "new" else address_id
    try:
        await visit.call("PUT", path("customers", "me", "addresses", target), body=customers.filled(address))
    except RefusedError as error:
        if error.status != 409:
            raise
        visit.session.say("failed", visit.t("addresses.too_many"))
    else:
        visit.session.say("done", visit.t("addresses.saved"))
    return visit.go("/account/addresses")


async def _remove_address(visit: Visit) -> Response:
    await visit.call("DELETE", path("customers", "me", "addresses", visit.param("address_id")))
    visit.session.say("done", visit.t("addresses.removed"))
    return visit.go("/account/addresses")


async def _consents(visit: Visit) -> Response:
    profile = await customers.profile(visit)
    return await visit.page("consents.html", profile=profile, purposes=customers.PURPOSES)


async def _change_consents(visit: Visit) -> Response:
    """All three each time, under the version of the policy that the form showed."""
    given = {purpose: visit.field(purpose) == "yes" for purpose in customers.PURPOSES}
    version = visit.field("policy_version") or visit.t("privacy.version")
    await visit.call("PUT", "/customers/me/consents", body={**given, "policy_version": version[:32]})
    visit.session.say("done", visit.t("consents.saved"))
    return visit.go(own_path(visit.field("next"), "/account/consents"))


async def _welcome(visit: Visit) -> Response:
    await visit.token()
    following = own_path(visit.query("next"))
    return await visit.page("welcome.html", next=following, purposes=customers.PURPOSES)


async def _erasure(visit: Visit) -> Response:
    await visit.token()
    return await visit.page("erasure.html", wrong={})


async def _erase(visit: Visit) -> Response:
    if visit.field("sure") != "yes":
        return await visit.page("erasure.html", 400, wrong={"sure": visit.t("wrong.sure")})
    await visit.call("DELETE", "/customers/me")
    customer = visit.customer
    visit.session.end()
    visit.session.say("done", visit.t("erasure.done"))
    if customer:
        await visit.site.sign_in.revoke(customer)
    return visit.go("/sign-out/end")


_ONE_ADDRESS = "/account/addresses/{address_id}"
PAGES = (
    Page(path="/account", handler=_account, personal=True),
    Page(path="/account/profile", handler=_change_profile, method="POST", personal=True, back="/account"),
    Page(path="/account/addresses", handler=_addresses, personal=True),
    Page(path=_ONE_ADDRESS, handler=_address, personal=True),
    Page(path=_ONE_ADDRESS, handler=_save_address, method="POST", personal=True, back="/account/addresses"),
    Page(
        path=f"{_ONE_ADDRESS}/removal", handler=_remove_address, method="POST", personal=True, back="/account/addresses"
    ),
    Page(path="/account/consents", handler=_consents, personal=True),
    Page(path="/account/consents", handler=_change_consents, method="POST", personal=True, back="/account/consents"),
    Page(path="/welcome", handler=_welcome, personal=True),
    Page(path="/account/erasure", handler=_erasure, personal=True),
    Page(path="/account/erasure", handler=_erase, method="POST", personal=True, back="/account/erasure"),
)
