"""The provider's settings: account and Region of resources, and their default tags."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from offline.aws.regions import REGIONS
from offline.aws.structure import suggestion
from offline.checks.problem import Problem
from offline.schema import package_folder
from offline.wire import UNKNOWN, Properties, Secret, plain

_ACCOUNT = "123456789012"
_ACCOUNT_FORM = re.compile(r"\d{12}")
_ROLE_ACCOUNT = re.compile(r"arn:aws[\w-]*:iam::(\d{12}):role/.+")
_GETTER = re.compile(r'@pulumi\.getter(?:\(name="(\w+)"\))?\s+def (\w+)\(self\)')
_ENGINES_OWN = frozenset({"version", "pluginDownloadURL", "__defaults", "__internal"})


class ProviderSettingsError(Exception):
    """Settings that AWS or the provider would not accept."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """`region` is None while it is unknown in a preview."""

    region: str | None
    account: str = _ACCOUNT
    default_tags: Mapping[str, str] = field(default_factory=dict)
    ignored_tags: frozenset[str] = frozenset()
    ignored_prefixes: tuple[str, ...] = ()

    def all_tags(self, tags: Any) -> Any:
        """`tagsAll`: the default tags under the resource's own, without ignored ones; unknown if a part is."""
        if tags is UNKNOWN or any(value is UNKNOWN for value in {**self.default_tags, **(tags or {})}.values()):
            return UNKNOWN
        merged = {**self.default_tags, **(tags or {})}
        return {
            key: value
            for key, value in merged.items()
            if key not in self.ignored_tags and not key.startswith(self.ignored_prefixes or ("\0",))
        }


def problems_of(settings: Properties) -> list[Problem]:
    """Problems of the provider's settings."""
    known = _known_settings()
    given = {key: _unfolded(value) for key, value in settings.items() if key not in _ENGINES_OWN}
    found = [
        Problem(key, f"unknown provider setting '{key}'{suggestion(key, known)}") for key in given if key not in known
    ]
    region = given.get("region")
    if isinstance(region, str) and region not in REGIONS and given.get("skipRegionValidation") is not True:
        found.append(Problem("region", f"invalid AWS Region: '{region}'{suggestion(region, REGIONS)}"))
    allowed = given.get("allowedAccountIds") or []
    for account in allowed if isinstance(allowed, list) else []:
        if account is not UNKNOWN and not _ACCOUNT_FORM.fullmatch(str(account)):
            found.append(Problem("allowedAccountIds", f"'{account}' must be an account id of 12 digits"))
    if allowed and given.get("forbiddenAccountIds"):
        found.append(Problem("forbiddenAccountIds", "must not be set together with allowedAccountIds"))
    return found


def read_settings(arguments: Properties) -> ProviderSettings:
    """The settings that the engine configured the plugin with; nested ones arrive as JSON text.

    Raises:
        ProviderSettingsError: no Region, or the role to assume belongs to an account that is not allowed.
    """
    given: dict[str, Any] = {key: plain(_unfolded(value)) for key, value in arguments.items()}
    region = given.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise ProviderSettingsError("the Region must be set: `aws:region` in the stack or `region` of the provider")
    allowed = [str(item) for item in given.get("allowedAccountIds") or () if item is not UNKNOWN]
    account = allowed[0] if allowed else _ACCOUNT
    for role in given.get("assumeRoles") or ():
        of = _ROLE_ACCOUNT.fullmatch(str(role.get("roleArn", "")))
        if of and allowed and of.group(1) not in allowed:
            raise ProviderSettingsError(
                f"AWS account ID not allowed: {of.group(1)} (of assumeRoles); allowedAccountIds: {', '.join(allowed)}"
            )
        account = of.group(1) if of else account
    ignored = given.get("ignoreTags") or {}
    return ProviderSettings(
        None if region is UNKNOWN else str(region),
        account,
        dict((given.get("defaultTags") or {}).get("tags") or {}),
        frozenset(ignored.get("keys") or ()),
        tuple(ignored.get("keyPrefixes") or ()),
    )


def _known_settings() -> frozenset[str]:
    text = (package_folder() / "provider.py").read_text(encoding="utf-8")
    return frozenset(renamed or name for renamed, name in _GETTER.findall(text))


def _unfolded(value: Any) -> Any:
    """A provider setting that the SDK folded into JSON text, unfolded; any other value as it is."""
    if isinstance(value, Secret):
        return _unfolded(value.value)
    if isinstance(value, str) and (value[:1] in {"{", "["} or value in {"true", "false"}):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
