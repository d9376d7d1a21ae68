"""Forms that are filled from a row: they say with what, so that no change of somebody else is undone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from starlette.datastructures import FormData

from tuoju.web.kit.forms import BlankForm, SubmittedForm, required_of
from tuoju.web.kit.merging import Choice, FieldConflict, FieldEdit, Texts, merge
from tuoju.words.languages import gettext as _

WAS, KEEP, ASKED = "was_", "keep_", "asked"
"""What the fields of the macros are named by: what a field was filled with, what shall hold, and that it was asked."""


def filled_from(values: Mapping[str, Any], model: type[BaseModel]) -> BlankForm:
    """A form that starts from what is stored."""
    return BlankForm(values, was=texts_of(values), required=required_of(model))


def texts_of(values: Mapping[str, Any]) -> dict[str, Texts]:
    """Values as a browser sends them again."""
    return {name: _texts(value) for name, value in values.items()}


def _texts(value: object) -> Texts:
    parts = value if isinstance(value, list | tuple | set | frozenset) else [value]
    texts = {_text(part) for part in parts}
    return tuple(sorted(texts - {""}))


def _text(value: object) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.replace("\r\n", "\n").strip()


@dataclass(frozen=True)
class Edit:
    """A form that was filled from a row, sent back and merged with what is stored now."""

    form: FormData
    """With the values to store; as it was typed where there is a conflict."""
    theirs: Mapping[str, Texts]
    conflicts: Mapping[str, FieldConflict]

    def back(self, filled: SubmittedForm[Any]) -> SubmittedForm[Any]:
        """The form for its page again: each conflict at its field, and filled from what is stored now."""
        filled.was = self.theirs
        filled.conflicts = self.conflicts
        for name in self.conflicts:
            filled.add(name, _("Somebody else has changed this meanwhile. Choose what holds."))
        return filled


def merged(form: FormData, stored: Mapping[str, Any], typed: BaseModel | None) -> Edit:
    """The posted form over what is stored now, field by field; a field that says not what it was is taken as typed.

    `typed` is the form as its input model, where it is valid: a telephone typed with other spaces is no change.
    """
    theirs = texts_of(stored)
    valid = texts_of(typed.model_dump(mode="json")) if typed else {}
    asked = set(form.getlist(ASKED))
    names = {name.removeprefix(WAS) for name in form if name.startswith(WAS)} & theirs.keys()
    edits = {
        name: FieldEdit(
            was=_texts(form.getlist(WAS + name)),
            mine=valid.get(name, _texts(form.getlist(name))),
            theirs=theirs[name],
            choice=next((choice for choice in Choice if choice == form.get(KEEP + name)), None),
            is_asked=name in asked,
        )
        for name in names
    }
    values, conflicts = merge(edits)
    of_others = {name for name in values if values[name] != edits[name].mine}  # the others stay as they were typed
    items = [(name, value) for name, value in form.multi_items() if name not in of_others]
    items += [(name, text) for name in of_others for text in values[name] or ("",)]
    return Edit(FormData(items), theirs, conflicts)


def stored_fields(row: BaseModel, model: type[BaseModel]) -> dict[str, Any]:
    """What is stored of a row in the fields of an input model."""
    return row.model_dump(mode="json", include=set(model.model_fields))
