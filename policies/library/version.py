"""The version of all packs, by semantic versioning; policies/CHANGELOG.md states what each part promises."""

from typing import Final

VERSION: Final = "0.7.0"
