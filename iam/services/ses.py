"""SES, API version 2.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
"""

from collections.abc import Mapping, Sequence
from typing import Final

from iam.services.forms import Account, Call, Describe, Parameters, arn
from iam.text import Values

_VERSION: Final = {"ses:ApiVersion": "2"}
_DESTINATIONS: Final = ("ToAddresses", "CcAddresses", "BccAddresses")


def _of_list(operation: str) -> Describe:
    def describe(parameters: Parameters, account: Account) -> Sequence[Call]:
        name = parameters["ContactListName"]
        return [Call(f"ses:{operation}", arn(account, "ses", f"contact-list/{name}"), _VERSION)]

    return describe


def _send(parameters: Parameters, account: Account) -> Sequence[Call]:
    """Identity, configuration set and template must each be allowed."""
    sender = parameters.get("FromEmailAddress") or ""
    address = sender.rpartition("<")[2].rstrip(">")
    destination = parameters.get("Destination") or {}
    recipients = [address for kind in _DESTINATIONS for address in destination.get(kind) or ()]
    given: dict[str, Values] = {"ses:FromAddress": address, "ses:Recipients": recipients}
    context = {**_VERSION, **{key: value for key, value in given.items() if value}}
    identity = parameters.get("FromEmailAddressIdentityArn") or arn(
        account, "ses", f"identity/{address.rpartition('@')[2]}"
    )
    template = ((parameters.get("Content") or {}).get("Template") or {}).get("TemplateName")
    configuration = parameters.get("ConfigurationSetName")
    others = {"configuration-set": configuration, "template": template}
    resources = [identity, *(arn(account, "ses", f"{kind}/{name}") for kind, name in others.items() if name)]
    return [Call("ses:SendEmail", resource, context) for resource in resources]


SES: Final[Mapping[str, Describe]] = {
    **{
        name: _of_list(name)
        for name in ("CreateContact", "DeleteContact", "GetContact", "GetContactList", "ListContacts", "UpdateContact")
    },
    "SendEmail": _send,
}
