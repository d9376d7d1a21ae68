"""Vectors of the texts of needs and projects, computed in the background and kept beside their rows."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ScalarSelect, func, or_
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from tuoju.cases.models import Need
from tuoju.cases.status import NeedState
from tuoju.database.records import now
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.matchmaking.models import NeedVector, ProjectVector
from tuoju_matching.meaning import pack
from tuoju_matching.profiles import NeedProfile, ProjectProfile
from tuoju_matching.semantic import Role, Semantic, available
from tuoju_projects.models import Project
from tuoju_projects.status import ProjectState

BATCH = 50
"""Texts of one transaction: about a second of work, which a killed worker does again."""


def with_need_vectors(session: Session, profiles: Sequence[NeedProfile]) -> list[NeedProfile]:
    """The profiles with the vectors of their texts, as far as these have been computed; one query."""
    query = select(NeedVector.need_id, NeedVector.vector)
    if len(profiles) == 1:  # a plan reads those of all needs: a list of their ids would be longer than a query may be
        query = query.where(NeedVector.need_id == profiles[0].id)
    vectors = dict(session.exec(query).all())
    return [replace(profile, meaning=_unpacked(vectors.get(profile.id, ""))) for profile in profiles]


def with_project_vectors(session: Session, profiles: Sequence[ProjectProfile]) -> list[ProjectProfile]:
    """The profiles with the vectors of their texts, as far as these have been computed; one query."""
    vectors = dict(session.exec(select(ProjectVector.project_id, ProjectVector.vector)).all())
    return [replace(profile, meaning=_unpacked(vectors.get(profile.id, ""))) for profile in profiles]


def time_of_vector() -> ScalarSelect[datetime]:
    """A column for queries of projects: when the vector of the project last became another one; NULL without one."""
    of_project = sql_select(col(ProjectVector.computed_at)).where(col(ProjectVector.project_id) == col(Project.id))
    return of_project.correlate(Project).scalar_subquery()


def newest_vector() -> ScalarSelect[datetime]:
    """A column for queries: when a vector of a project last became another one; NULL where there are none."""
    return sql_select(func.max(col(ProjectVector.computed_at))).scalar_subquery()


def compute_vectors(unit_of_work: UnitOfWork) -> int:
    """Compute the vectors that are missing or older than their row, a batch a transaction; the next call continues.

    Returns how many were computed: 0 without the extra `semantic`, and other texts are then compared by characters.
    """
    if not available():
        return 0
    computed = 0
    for compute in (_compute_projects, _compute_needs):
        while count := compute(unit_of_work):
            computed += count
    return computed


def _compute_projects(unit_of_work: UnitOfWork) -> int:
    outdated = or_(col(ProjectVector.id).is_(None), col(ProjectVector.project_version) != Project.version)
    query = (
        select(Project, ProjectVector)
        .join(ProjectVector, col(ProjectVector.project_id) == Project.id, isouter=True)
        .where(Project.state == ProjectState.open, outdated)
        .limit(BATCH)
    )
    with unit_of_work.read(SYSTEM) as session:
        rows = [(project.pk, project.version, project_text(project)) for project, _vector in session.exec(query)]
    vectors = _encoded([text for _pk, _version, text in rows], "passage")
    with unit_of_work.write(SYSTEM) as session:
        for (project_id, version, _text), vector in zip(rows, vectors, strict=True):
            row = session.exec(select(ProjectVector).where(ProjectVector.project_id == project_id)).first()
            row = row or ProjectVector(project_id=project_id, project_version=version, vector="")
            row.project_version = version
            if row.vector != vector:  # most changes of a project are changes of its places
                row.vector, row.computed_at = vector, now()
            session.add(row)
    return len(rows)


def _compute_needs(unit_of_work: UnitOfWork) -> int:
    outdated = or_(col(NeedVector.id).is_(None), col(NeedVector.need_version) != Need.version)
    query = (
        select(Need)
        .join(NeedVector, col(NeedVector.need_id) == Need.id, isouter=True)
        .where(Need.state == NeedState.open, outdated)
        .limit(BATCH)
    )
    with unit_of_work.read(SYSTEM) as session:
        rows = [(need.pk, need.version, need.text) for need in session.exec(query)]
    vectors = _encoded([text for _pk, _version, text in rows], "query")
    with unit_of_work.write(SYSTEM) as session:
        for (need_id, version, _text), vector in zip(rows, vectors, strict=True):
            row = session.exec(select(NeedVector).where(NeedVector.need_id == need_id)).first()
            row = row or NeedVector(need_id=need_id, need_version=version, vector="")
            row.need_version, row.vector = version, vector
            session.add(row)
    return len(rows)


def project_text(project: Project) -> str:
    """The text of a project that is compared with that of a need, as `ranker.text_of` of its profile."""
    return f"{project.name} {project.family} {project.description}"


def _encoded(texts: Sequence[str], role: Role) -> list[str]:
    return [b64encode(pack(vector)).decode() for vector in Semantic().encode(texts, role)]


def _unpacked(text: str) -> bytes:
    return b64decode(text)
