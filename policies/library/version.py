"""The version of all packs, by semantic versioning; policies/CHANGELOG.md says what a part of it promises."""

from typing import Final

VERSION: Final = "0.4.0"
