"""What belongs to one environment, by its kind: accounts, partners, registries and addresses."""

import re
from collections.abc import Mapping

from settings.examples import Schema, strings
from settings.form import ANOTHER_ACCOUNT, ONE_ENVIRONMENT
from settings.images import registry_of

_IMAGE = "a registry"
# AWS's own registry, from which everybody pulls
# (https://docs.aws.amazon.com/AmazonECR/latest/public/public-registries.html), and that of whatever account it is.
_SHARED_REGISTRIES = ("public.ecr.aws/", "${account}.dkr.ecr.")
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\."
# Names of events, scopes, node types and files have dots, too: in free text a host name is told by its last label.
_TOP = r"(?:com|net|org|io|dev|app|cloud|info|biz|eu|shop|store|internal|local)"
_BY_LOOK = {
    kind: re.compile(form)
    for kind, form in {
        "an ARN": r"\barn:aws[a-z-]*:[^:\s]*:[^:\s]*:\d{12}:",
        _IMAGE: r"\b\d{12}\.dkr[.-]ecr",
        "an account id": r"(?<!\d)\d{12}(?!\d)",
        "an e-mail address": r"[^\s@:/]+@[^\s@]+\.[a-z]|^mailto:",
        "an endpoint": r"\b[a-z][a-z0-9+.-]*://",
        "an IP address": r"^(\d{1,3}\.){3}\d{1,3}([/:]\d+)?$|^[0-9a-f:]*::[0-9a-f:]*(/\d+)?$",
        "a domain name": rf"(?<![\w.-])(?:(?:{_LABEL})+{_TOP}|(?:{_LABEL}){{2,}}[a-z]{{2}})(?![\w.-])",
    }.items()
}


def belongs_to_one_environment(text: str, node: Schema | None, defs: Mapping[str, Schema]) -> str | None:
    """What kind of thing the text is, if environments may not share it.

    Args:
        text: As it stands in the file: placeholders (`${account}`) name nobody.
        node: Schema of the setting; its type says more than the text's look.
        defs: What the schema refers to.
    """
    types = [node, *strings(node, defs)] if node else []
    of_type = next((found[ONE_ENVIRONMENT] for found in types if ONE_ENVIRONMENT in found), None)
    if of_type:
        own = text.startswith(_SHARED_REGISTRIES) or not registry_of(text)
        return None if of_type == _IMAGE and own else of_type
    if any(found.get(ANOTHER_ACCOUNT) == "published" for found in types):
        return None
    return next((kind for kind, form in _BY_LOOK.items() if form.search(text)), None)
