"""Vectors of texts are computed in the background; until then, and without the extra, characters alone are compared."""

import pytest
from sqlmodel import select

from factories.databases import UnitOfWork
from factories.projects import make_project
from factories.referrals import make_scene
from tuoju.cases.models import Need
from tuoju.cases.status import NeedState
from tuoju.matchmaking import vectors
from tuoju.matchmaking.models import NeedVector, ProjectVector
from tuoju.matchmaking.vectors import compute_vectors, project_text
from tuoju.referrals.proposing import propose
from tuoju_matching import semantic
from tuoju_matching.features import Feature
from tuoju_matching.ranker import text_of
from tuoju_projects.models import Project

pytestmark = pytest.mark.skipif(not semantic.available(), reason="the extra semantic is not installed")
TEXT = list(Feature).index(Feature.text)


def texts_closeness(unit_of_work: UnitOfWork, need_id: int) -> dict[int, float]:
    """By project id how close its text is to the need's, as the list of projects has it."""
    with unit_of_work.read() as session:
        proposal = propose(session, session.get_one(Need, need_id))
    return {ranked.project.id: ranked.features[TEXT] for ranked in proposal.ranked}


def test_a_list_takes_in_what_has_been_computed(unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        scene = make_scene(session)
        need_id, project_id = scene.need.pk, scene.project.pk
    before = texts_closeness(unit_of_work, need_id)
    assert compute_vectors(unit_of_work) == 2
    after = texts_closeness(unit_of_work, need_id)
    assert after[project_id] != before[project_id]
    assert compute_vectors(unit_of_work) == 0, "nothing has changed"


def test_a_changed_project_is_computed_again_and_its_places_change_no_vector(unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        project_id = make_project(session).pk
    compute_vectors(unit_of_work)
    with unit_of_work.write() as session:
        session.get_one(Project, project_id).home_visits = False
        first = session.exec(select(ProjectVector)).one().vector
    assert compute_vectors(unit_of_work) == 1
    with unit_of_work.write() as session:
        row, project = session.exec(select(ProjectVector)).one(), session.get_one(Project, project_id)
        assert (row.vector, row.project_version) == (first, project.version)
        project.description = "孩子放学后的作业辅导"
    compute_vectors(unit_of_work)
    with unit_of_work.read() as session:
        assert session.exec(select(ProjectVector)).one().vector != first


def test_only_what_waits_is_computed_a_batch_at_a_time(
    unit_of_work: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "BATCH", 1)
    with unit_of_work.write() as session:
        open_need, met_need = make_scene(session).need, make_scene(session).need
        met_need.state = NeedState.met
        open_id = open_need.pk
    assert compute_vectors(unit_of_work) == 3
    with unit_of_work.read() as session:
        assert session.exec(select(NeedVector.need_id)).all() == [open_id]


def test_the_text_of_a_project_is_that_of_its_profile(unit_of_work: UnitOfWork) -> None:
    with unit_of_work.write() as session:
        scene = make_scene(session)
        (ranked,) = propose(session, scene.need).ranked
        assert project_text(scene.project) == text_of(ranked.project)
