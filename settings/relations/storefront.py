"""Rules of the store's own storefront, which calls the API and the user pool over the internet (docs/adr/0018)."""

from collections.abc import Iterator
from typing import Annotated

from settings.geography import COUNTRY_OF
from settings.images import OWN_CODE
from settings.problems import NOTHING, Problem
from settings.relations.reads import Nat, Region, Services, WebService
from settings.relations.relation import Reads, problem, relation
from settings.service import ServiceSettings
from settings.web_acl import WebAclSettings

_OWN = {"source": "services"}


@relation
def the_storefront_has_an_api(services: Services, web: WebService, nat: Nat) -> Iterator[Problem]:
    if web.image != OWN_CODE:
        return
    why = ""
    if not any(service.routes for service in services.values()):
        why = "no service has `routes`, and so there is no API"
    elif nat == "none":
        why = "`network.nat: none` leaves no way to the API's host"
    elif not web.reach_internet:
        rule = "must be true: the store's own storefront calls the API and the user pool over the internet"
        yield problem("web_tier.service.reach_internet", False, rule, True)
    if why:
        yield problem(
            "web_tier.service.image",
            _OWN,
            f"must be an image of yours, such as store/web:1.0.0: the store's own storefront calls the API, and {why}",
            fix="write the image, or mend the other setting",
        )


@relation
def the_storefront_may_call_the_api(
    acl: Annotated[WebAclSettings | None, Reads("api.web_acl")], web: WebService, region: Region
) -> Iterator[Problem]:
    yield from _shut_out("api.web_acl", acl, web, region)


@relation
def the_storefront_may_fetch_tokens(
    acl: Annotated[WebAclSettings | None, Reads("identity.web_acl")], web: WebService, region: Region
) -> Iterator[Problem]:
    yield from _shut_out("identity.web_acl", acl, web, region)


def _shut_out(path: str, acl: WebAclSettings | None, web: ServiceSettings, region: str) -> Iterator[Problem]:
    if web.image != OWN_CODE or acl is None or acl.geo is None or "count" in (acl.mode, acl.geo.mode):
        return
    geo, country = acl.geo, COUNTRY_OF[region]
    why = f"the web tier calls from {country}, the country of {region}; `edge.web_acl.geo` judges customers"
    if country in geo.never:
        others = [code for code in geo.never if code != country]
        rule, fix = f"must not have {country}: {why}", "" if others else f"leave `{path}.geo` out"
        yield problem(f"{path}.geo.never", list(geo.never), rule, others or NOTHING, fix=fix)
    elif geo.only and country not in geo.only:
        yield problem(f"{path}.geo.only", list(geo.only), f"must have {country}: {why}", [*geo.only, country])
