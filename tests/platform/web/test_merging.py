"""Two people on one file: what one of them changed is merged, what both changed is asked, nothing is undone unseen."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from factories.accounts import VILLAGE
from factories.databases import UnitOfWork
from factories.forms import forms_of
from factories.pages import Visitor
from factories.projects import make_project
from factories.residents import make_resident
from tuoju.accounts.models import Role
from tuoju.relief.models import Society
from tuoju.residents.models import Resident
from tuoju.web.kit.merging import Choice, FieldConflict, FieldEdit, merge, merge_field
from tuoju_projects.models import Project

texts = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3).map(lambda values: tuple(sorted(set(values))))


class TestRules:
    @given(was=texts, changed=texts)
    def test_what_only_one_of_them_changed_holds(self, was: tuple[str, ...], changed: tuple[str, ...]) -> None:
        assert merge_field(FieldEdit(was=was, mine=changed, theirs=was)) == changed
        assert merge_field(FieldEdit(was=was, mine=was, theirs=changed)) == changed

    @given(was=texts, mine=texts, theirs=texts)
    def test_what_both_changed_differently_is_asked(
        self, was: tuple[str, ...], mine: tuple[str, ...], theirs: tuple[str, ...]
    ) -> None:
        merged = merge_field(FieldEdit(was=was, mine=mine, theirs=theirs))
        both = len({was, mine, theirs}) == 3
        assert isinstance(merged, FieldConflict) == both
        assert both or merged in (mine, theirs)

    @given(mine=texts, theirs=texts, choice=st.sampled_from(Choice))
    def test_the_choice_holds_while_nobody_changes_it_again(
        self, mine: tuple[str, ...], theirs: tuple[str, ...], choice: Choice
    ) -> None:
        """The form came back filled from what is stored, so that `was` is theirs."""
        edit = FieldEdit(was=theirs, mine=mine, theirs=theirs, choice=choice, is_asked=True)
        assert merge_field(edit) == (mine if choice is Choice.mine else theirs)

    @given(seen=texts, mine=texts, theirs=texts, choice=st.sampled_from([*Choice, None]))
    def test_a_third_change_is_asked_again(
        self, seen: tuple[str, ...], mine: tuple[str, ...], theirs: tuple[str, ...], choice: Choice | None
    ) -> None:
        if theirs not in (seen, mine):
            edit = FieldEdit(was=seen, mine=mine, theirs=theirs, choice=choice, is_asked=True)
            assert merge_field(edit) == FieldConflict(seen, theirs, mine)

    @given(mine=texts, theirs=texts)
    def test_who_does_not_choose_is_asked_again(self, mine: tuple[str, ...], theirs: tuple[str, ...]) -> None:
        edit = FieldEdit(was=theirs, mine=mine, theirs=theirs, is_asked=True)
        assert isinstance(merge_field(edit), FieldConflict) == (mine != theirs)

    def test_one_conflict_leaves_the_other_fields_merged(self) -> None:
        edits = {
            "name": FieldEdit(was=("a",), mine=("b",), theirs=("c",)),
            "phone": FieldEdit(was=(), mine=("1",), theirs=()),
        }
        assert merge(edits) == ({"phone": ("1",)}, {"name": FieldConflict(("a",), ("c",), ("b",))})


@pytest.fixture
def worker(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


@pytest.fixture
def chair(unit_of_work: UnitOfWork) -> Visitor:
    return Visitor(unit_of_work)


def form_at(page: str, action: str) -> dict[str, Any]:
    """What a browser sends if nobody touches the form; of nothing chosen nothing."""
    form = next(form for form in forms_of(page) if form.action == action)
    return {name: part.values for name, part in form.fields.items() if part.kind != "file"}


class TestResident:
    """The chair's correction silently undid the worker's, and both were told "corrected"."""

    @pytest.fixture
    def resident(self, unit_of_work: UnitOfWork, worker: Visitor) -> Resident:
        with unit_of_work.write() as session:
            return make_resident(session, worker.actor, phone="13800001234", address="村西头5号")

    def opened(self, visitor: Visitor, resident: Resident) -> dict[str, Any]:
        return form_at(visitor.post(f"/residents/{resident.pk}/edit").text, f"/residents/{resident.pk}")

    def stored(self, unit_of_work: UnitOfWork, resident: Resident) -> dict[str, Any]:
        with unit_of_work.read() as session:
            return session.get_one(Resident, resident.pk).model_dump()

    def test_different_fields_are_merged(
        self, worker: Visitor, chair: Visitor, resident: Resident, unit_of_work: UnitOfWork
    ) -> None:
        path = f"/residents/{resident.pk}"
        first, second = self.opened(worker, resident), self.opened(chair, resident)
        assert worker.client.post(path, data={**first, "phone": "13900005678"}).status_code == 200
        assert chair.client.post(path, data={**second, "address": "村东头2号"}).status_code == 200
        stored = self.stored(unit_of_work, resident)
        assert (stored["phone"], stored["address"]) == ("13900005678", "村东头2号")

    def test_the_same_field_is_asked_and_the_person_chooses(
        self, worker: Visitor, chair: Visitor, resident: Resident, unit_of_work: UnitOfWork
    ) -> None:
        path = f"/residents/{resident.pk}"
        first, second = self.opened(worker, resident), self.opened(chair, resident)
        worker.client.post(path, data={**first, "phone": "13900005678"})
        asked = chair.client.post(path, data={**second, "phone": "13700009999", "address": "村东头2号"})
        assert asked.status_code == 409
        assert {"13800001234", "13900005678", "13700009999"} <= set(re.findall(r"\b1\d{10}\b", asked.text))
        assert self.stored(unit_of_work, resident)["phone"] == "13900005678"
        again = form_at(asked.text, path)
        assert again["address"] == ["村东头2号"]
        again.pop("keep_phone", None)
        assert chair.client.post(path, data=again).status_code == 409, "nobody has chosen yet"
        assert chair.client.post(path, data={**again, "keep_phone": "mine"}).status_code == 200
        stored = self.stored(unit_of_work, resident)
        assert (stored["phone"], stored["address"]) == ("13700009999", "村东头2号")

    def test_several_values_compare_as_sets(
        self, worker: Visitor, chair: Visitor, resident: Resident, unit_of_work: UnitOfWork
    ) -> None:
        path = f"/residents/{resident.pk}"
        first, second = self.opened(worker, resident), self.opened(chair, resident)
        worker.client.post(path, data={**first, "vulnerabilities": ["SN", "DJ"]})
        assert chair.client.post(path, data={**second, "vulnerabilities": ["DJ", "SN"]}).status_code == 200
        assert set(self.stored(unit_of_work, resident)["vulnerabilities"]) == {"SN", "DJ"}


def test_two_managers_on_one_project(unit_of_work: UnitOfWork) -> None:
    managers = [Visitor(unit_of_work, Role.program_manager) for _ in range(2)]
    with unit_of_work.write() as session:
        project = make_project(session)
    path = f"/projects/{project.pk}"
    first, second = (form_at(manager.get(f"{path}/edit").text, path) for manager in managers)
    assert managers[0].client.post(path, data={**first, "description": "每天中午送一顿热饭"}).status_code == 200
    assert managers[1].client.post(path, data={**second, "places_total": "99"}).status_code == 200
    with unit_of_work.read() as session:
        stored = session.get_one(Project, project.pk)
        assert (stored.description, stored.places_total) == ("每天中午送一顿热饭", 99)
    assert managers[1].client.post(path, data={**second, **managers[1].hidden(), "description": "x"}).status_code == 409


def test_two_people_on_one_society(worker: Visitor, chair: Visitor, unit_of_work: UnitOfWork) -> None:
    worker.post(f"/funds/{VILLAGE}")
    path = f"/funds/{VILLAGE}/society"
    first, second = (form_at(visitor.get(f"/funds/{VILLAGE}").text, path) for visitor in (worker, chair))
    worker.client.post(path, data={**first, "households": "120", "telephone": "0550-3022685"})
    asked = chair.client.post(path, data={**second, "households": "130", "telephone": "0550-3022685"})
    assert asked.status_code == 409
    again = {**form_at(asked.text, path), "keep_households": "theirs"}
    answer = chair.client.post(path, data=again)
    assert answer.status_code == 200
    with unit_of_work.read() as session:
        assert [row.households for row in session.exec(select(Society)).all()] == [120]
