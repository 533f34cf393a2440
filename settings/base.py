"""What all sections of a stack file have in common."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One section of a stack file: immutable, strict about types, closed to unknown keys.

    A docstring under a field becomes its description in `docs/settings.md` and in the JSON schema.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)
