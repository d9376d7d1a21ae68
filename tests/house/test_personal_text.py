"""Guards of personal text: sealed in the database, shown only through the gate of `tuoju.accounts.fields`.

A new text column, or a new text in an API answer or a view object, turns a test red until somebody decided: seal it and
say who may read it, or write in plain_text.py why it may stand in plain.
"""

import dataclasses
import sys
import types
from collections.abc import Iterator
from typing import Any, get_args

import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from sqlalchemy import Column
from sqlmodel import Session

import plain_text
from factories.accounts import VILLAGE, make_actor
from tuoju.accounts.fields import (
    BEFORE_ACCEPTANCE,
    NOT_SHOWN_AS_TEXT,
    READERS,
    GatedText,
    Stage,
    UndeclaredField,
    visible,
)
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import LinkHolder
from tuoju.cases.models import Need
from tuoju.launch.tables import METADATA
from tuoju.web.api import ROUTERS as API_ROUTERS
from tuoju.web.app import create_app


def columns() -> Iterator[tuple[str, Column[Any]]]:
    """Every column of the product by its name "table.column"."""
    for table in METADATA.sorted_tables:
        for column in table.columns:
            yield f"{table.name}.{column.name}", column


def is_sealed(column: Column[Any]) -> bool:
    return getattr(column.type, "is_sealed", False)


def may_hold_words(column: Column[Any]) -> bool:
    """Whether someone could type words into the column: text or JSON that is no enum and no pointer."""
    kind = getattr(column.type, "impl_instance", column.type)
    return isinstance(kind, sa.String | sa.JSON) and not isinstance(kind, sa.Enum) and not column.foreign_keys


SEALED = {name for name, column in columns() if is_sealed(column)}
SEALED_NAMES = {name.partition(".")[2] for name in SEALED}
GATED_NAMES = {name.partition(".")[2] for name in READERS}


class TestColumns:
    def test_every_text_is_sealed_or_says_why_not(self) -> None:
        plain = {name for name, column in columns() if may_hold_words(column) and not is_sealed(column)}
        assert sorted(plain - plain_text.COLUMNS.keys()) == []

    def test_the_list_names_only_plain_columns(self) -> None:
        plain = {name for name, column in columns() if not is_sealed(column)}
        assert sorted(plain_text.COLUMNS.keys() - plain) == []

    def test_every_sealed_column_says_who_reads_it(self) -> None:
        assert sorted(SEALED ^ (READERS.keys() | NOT_SHOWN_AS_TEXT.keys())) == []
        assert sorted(READERS.keys() & NOT_SHOWN_AS_TEXT.keys()) == []
        assert sorted(BEFORE_ACCEPTANCE.keys() - READERS.keys()) == []


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation contains, with those of their fields."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_in(field.annotation)
    for part in get_args(annotation):
        yield from models_in(part)


def has_plain_text(annotation: Any) -> bool:
    """Whether an annotation takes any text: `str` or `Any`, alone or within a container, but not as a key."""
    if annotation in (str, Any):
        return True
    arguments = get_args(annotation)
    is_mapping = isinstance(annotation, types.GenericAlias) and issubclass(annotation.__origin__, dict)
    return any(has_plain_text(part) for part in (arguments[1:] if is_mapping else arguments))


ANSWERS = {
    model
    for router in API_ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for model in models_in(route.response_model)
}


def answer_fields() -> Iterator[tuple[str, str]]:
    """Class and name of every field of an API answer that takes any text."""
    for model in ANSWERS:
        for name, field in model.model_fields.items():
            if has_plain_text(field.annotation):
                yield model.__name__, name


def is_allowed(model: str, field: str) -> bool:
    if f"{model}.{field}" in plain_text.ANSWER_FIELDS:
        return True
    return field not in SEALED_NAMES and field in plain_text.ANSWER_FIELDS


class TestAnswers:
    def test_every_text_of_the_api_goes_through_the_gate_or_says_why_not(self) -> None:
        assert sorted(f"{model}.{field}" for model, field in answer_fields() if not is_allowed(model, field)) == []

    def test_the_list_names_only_fields_that_exist(self) -> None:
        existing = {name for model, field in answer_fields() for name in (field, f"{model}.{field}")}
        assert sorted(plain_text.ANSWER_FIELDS.keys() - existing) == []

    def test_a_gated_field_refuses_a_plain_text(self) -> None:
        field = TypeAdapter(GatedText)
        with pytest.raises(ValidationError):
            field.validate_python("屋顶漏水")
        assert field.json_schema() == {"type": "string"}


def view_fields() -> Iterator[tuple[str, str]]:
    """Class and name of every plain text field of a dataclass of `web` that bears the name of a gated column."""
    assert callable(create_app), "importing it imports the modules of all pages"
    for module in [module for name, module in sys.modules.items() if name.startswith("tuoju.web.")]:
        for kind in vars(module).values():
            if isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == module.__name__:
                for field in dataclasses.fields(kind):
                    if field.name in GATED_NAMES and has_plain_text(field.type):
                        yield kind.__name__, field.name


class TestViews:
    def test_a_text_named_like_a_gated_column_goes_through_the_gate_or_says_why_not(self) -> None:
        names = {f"{kind}.{field}" for kind, field in view_fields() if field not in plain_text.ANY_NAME}
        assert sorted(names - plain_text.VIEW_FIELDS.keys()) == []


class TestGate:
    NEED = Need(case_id=1, category="A01", text="屋顶漏水")

    @pytest.mark.parametrize("role", [Role.social_worker, Role.township_officer])
    def test_the_field_reads_what_a_person_said(self, session: Session, role: Role) -> None:
        assert visible(make_actor(session, role=role), self.NEED, "text") == "屋顶漏水"

    @pytest.mark.parametrize("role", [Role.program_manager, Role.administrator])
    def test_who_steers_by_figures_gets_an_empty_text(self, session: Session, role: Role) -> None:
        assert visible(make_actor(session, role=role, region_code=VILLAGE), self.NEED, "text") == ""

    def test_a_link_reads_the_need_whole_after_acceptance(self) -> None:
        assert visible(LinkHolder(1, 1, 1), self.NEED, "text", stage=Stage.serving) == "屋顶漏水"

    def test_before_acceptance_a_link_reads_it_masked(self) -> None:
        assert visible(LinkHolder(1, 1, 1), self.NEED, "text", mask=lambda text: text[:2]) == "屋顶"

    def test_a_text_that_nobody_masked_is_not_shown_before_acceptance(self) -> None:
        assert visible(LinkHolder(1, 1, 1), self.NEED, "text") == ""

    def test_a_field_without_readers_is_refused(self, session: Session) -> None:
        with pytest.raises(UndeclaredField, match=r"need\.category"):
            visible(make_actor(session), self.NEED, "category")
