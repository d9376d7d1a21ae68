"""The base of every model of what people type."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, model_validator

from tuoju_text.cleaning import cleaned, person_name

PersonName = Annotated[str, AfterValidator(person_name)]
"""A field that holds the name of a person."""


class Input(BaseModel):
    """What comes from outside, from pages and the API alike. Every string in it is cleaned before it is checked."""

    @model_validator(mode="before")
    @classmethod
    def _clean(cls, typed: Any) -> Any:
        return _cleaned_values(typed)


def _cleaned_values(typed: Any) -> Any:
    if isinstance(typed, str):
        return cleaned(typed)
    if isinstance(typed, Mapping):
        return {name: _cleaned_values(value) for name, value in typed.items()}
    if isinstance(typed, list | tuple):
        return [_cleaned_values(value) for value in typed]
    return typed
