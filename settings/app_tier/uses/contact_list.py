"""Contact lists of SES."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from functions.common.names import CONTACT_LIST
from settings.app_tier.microservice import Microservice
from settings.app_tier.uses.use import Access, Intake, Use, User


@dataclass(frozen=True)
class ContactListUse(Use):
    """Contacts of a list, and what they consented to."""

    setting = "contact_list"
    owner = "contact_lists"
    characters = 350
    # One request a second, for the whole account (https://docs.aws.amazon.com/ses/latest/dg/quotas.html). A message is
    # two requests, which must be answered within the timeout of the function.
    intake = Intake(concurrency=2, batch=2, receives=20)
    over_the_internet = "contact lists are in SES, which is reached over the internet only"

    contact_list: str

    @classmethod
    def declared_by(cls, service: Microservice) -> Iterable[Self]:
        return () if service.contact_list is None else (cls(service.contact_list),)

    def access(self, owner: Any, user: User) -> Access:
        return Access(
            variables={CONTACT_LIST: self.contact_list},
            grants=[lambda role: owner.grant_write(self.contact_list, role, name=f"{user.name}-contacts")],
        )
