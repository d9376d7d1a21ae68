"""Two files with one ID number in places that do not see each other: held, told to an officer above, settled.

Whoever registers, corrects or imports is never told whether a number is known out of their scope (docs/decisions/0011).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, delete, exists, update
from sqlmodel import Session, SQLModel, col, select

from tuoju.accounts import audit
from tuoju.accounts.models import User
from tuoju.accounts.permissions import MATRIX, Action, Actor, require, visible_regions
from tuoju.database.integrity import unique_names
from tuoju.database.records import now
from tuoju.database.scopes import Escape, system_scope
from tuoju.regions.models import Region
from tuoju.regions.queries import ancestors, county_of
from tuoju.residents.errors import DuplicateNotFound, DuplicateSettled
from tuoju.residents.identity import indexes_of
from tuoju.residents.inputs import SettlementChoice, SettlementInput
from tuoju.residents.models import DuplicateState, Household, PossibleDuplicate, Resident
from tuoju.residents.telephone import call_off_news, lock_resident
from tuoju_notifications.kinds import NotificationKind
from tuoju_notifications.outbox import post
from tuoju_notifications.routing import user


def files_with(session: Session, number: str | None) -> Sequence[Resident]:
    """Every file in the city with this number, the one that keeps the number first. What it returns must not reach
    anyone whose scope does not hold the file; only find_by_id_number may tell."""
    if not number:
        return []
    query = select(Resident).where(col(Resident.id_number_index).in_(indexes_of(number)))
    with system_scope(session, Escape.id_numbers):
        return session.exec(query.order_by(col(Resident.is_held), col(Resident.id))).all()


def in_scope(session: Session, actor: Actor, files: Sequence[Resident]) -> Resident | None:
    """The first of these files that the actor's scope holds."""
    codes = {resident.region_code for resident in files}
    visible = set(session.exec(visible_regions(session, actor).where(col(Region.code).in_(codes))))
    return next((resident for resident in files if resident.region_code in visible), None)


def raise_question(session: Session, held: Resident) -> None:
    """Put on record that a held file and the file that keeps the number may be one person's."""
    known = files_with(session, held.id_number)[0]
    with system_scope(session, Escape.id_numbers):
        session.add(PossibleDuplicate(known_id=known.pk, held_id=held.pk))
        session.flush()


def number_given_up(session: Session, resident: Resident, number: str | None) -> None:
    """A file no longer has this number: its own question is closed, and the first of the files that
    were held because of it keeps the number now."""
    with system_scope(session, Escape.id_numbers):
        _close(session, col(PossibleDuplicate.held_id) == resident.pk)
        _close(session, col(PossibleDuplicate.known_id) == resident.pk)
        waiting = files_with(session, number)
        if not waiting or not waiting[0].is_held:
            return
        keeper, *others = waiting
        keeper.is_held = False
        session.flush()
        _close(session, col(PossibleDuplicate.held_id) == keeper.pk)
        for other in others:
            raise_question(session, other)


def _close(session: Session, condition: ColumnElement[bool]) -> None:
    query = select(PossibleDuplicate).where(PossibleDuplicate.state == DuplicateState.open, condition)
    for question in session.exec(query):
        question.state, question.decided_at = DuplicateState.number_changed, now()
    session.flush()


def tell_officers(session: Session) -> int:
    """Tell of the questions that nobody was told of yet: the officers whose region holds both files, else the
    administrators, who can set up such an officer. Returns how many questions. Run by a task (no actor)."""
    query = select(PossibleDuplicate).where(
        PossibleDuplicate.state == DuplicateState.open, col(PossibleDuplicate.told_at).is_(None)
    )
    questions = session.exec(query.order_by(col(PossibleDuplicate.id)).with_for_update()).all()
    for question in questions:
        codes = _common_regions(session, question)
        kind, link = NotificationKind.duplicate_to_settle, "/duplicates"
        people = _nearest(session, Action.settle_duplicates, codes)
        if not people:
            kind, link = NotificationKind.duplicate_without_officer, "/accounts"
            people = _nearest(session, Action.manage_accounts, codes)
        for person in people:
            post(session, kind, recipient=user(person.pk), key=f"duplicate:{question.pk}", link=link)
        question.told_at = now()
    session.flush()
    return len(questions)


def _common_regions(session: Session, question: PossibleDuplicate) -> list[str]:
    """The regions that hold both files, the smallest first."""
    files = [session.get_one(Resident, number) for number in (question.known_id, question.held_id)]
    first, second = ([region.code for region in ancestors(session, file.region_code)] for file in files)
    return [code for code in reversed(first) if code in second]


def _nearest(session: Session, action: Action, codes: Sequence[str]) -> Sequence[User]:
    """The accounts that may do the action, of the first of these regions that has any."""
    for code in codes:
        query = select(User).where(col(User.role).in_(MATRIX[action]), User.region_code == code, col(User.is_active))
        people = session.exec(query.order_by(col(User.id))).all()
        if people:
            return people
    return []


def find_duplicates(session: Session, actor: Actor) -> Sequence[PossibleDuplicate]:
    """The open questions about two files that are both within the actor's scope, the oldest first."""
    require(actor, Action.settle_duplicates)
    regions = visible_regions(session, actor)
    inside = select(Resident.id).where(col(Resident.region_code).in_(regions))
    query = select(PossibleDuplicate).where(
        PossibleDuplicate.state == DuplicateState.open,
        col(PossibleDuplicate.known_id).in_(inside),
        col(PossibleDuplicate.held_id).in_(inside),
    )
    return session.exec(query.order_by(col(PossibleDuplicate.id))).all()


def get_duplicate(session: Session, actor: Actor, duplicate_id: int) -> PossibleDuplicate:
    """Raises NotPermitted; DuplicateSettled; DuplicateNotFound, also for one that is partly out of scope."""
    require(actor, Action.settle_duplicates)
    question = session.get(PossibleDuplicate, duplicate_id)
    if question is None:
        raise DuplicateNotFound
    files = (session.get_one(Resident, question.known_id), session.get_one(Resident, question.held_id))
    if any(in_scope(session, actor, [file]) is None for file in files):
        raise DuplicateNotFound
    if question.state is not DuplicateState.open:
        raise DuplicateSettled
    return question


def settle(session: Session, actor: Actor, question: PossibleDuplicate, inputs: SettlementInput) -> PossibleDuplicate:
    """Decide about two files with one number: merge them into the earlier one, kept where the person lives, or have the
    number compared with the card because they are two people. Raises NotPermitted, DuplicateSettled."""
    require(actor, Action.settle_duplicates)
    known, held = (session.get_one(Resident, number) for number in (question.known_id, question.held_id))
    # The audit chains before the residents, in the order of their scopes: one order everywhere avoids deadlocks.
    for scope in sorted({county_of(session, file.region_code) for file in (known, held)}):
        detail: dict[str, Any] = {"choice": inputs.choice.value, "known": known.pk, "held": held.pk}
        audit.record(session, actor, "settle_duplicate", question, scope=scope, **detail)
    session.flush()
    for number in sorted({known.pk, held.pk}):
        lock_resident(session, number)
    session.refresh(question)
    if question.state is not DuplicateState.open:
        raise DuplicateSettled
    same = inputs.choice is not SettlementChoice.other_person
    question.state = DuplicateState.same_person if same else DuplicateState.other_person
    question.decided_by, question.decided_at, question.reason = actor.user_id, now(), inputs.reason
    registrar = held.recorded_by
    if same:
        question.merged_id = held.pk
        _merge(session, known, held, moves=inputs.choice is SettlementChoice.lives_at_held)
    session.flush()
    kind = NotificationKind.files_joined if same else NotificationKind.number_to_compare
    link = "/residents" if same else f"/residents/{held.pk}"
    post(session, kind, recipient=user(registrar), key=f"duplicate-settled:{question.pk}", link=link)
    return question


def _merge(session: Session, known: Resident, held: Resident, *, moves: bool) -> None:
    """Make one file of two: the earlier one, with every row of the later one. If the person lives where the later file
    was opened, village, household, address and telephone of the later file count. Rows keep their own villages."""
    call_off_news(session, held, code="files_joined")
    held.id_number_index, held.is_held = None, False
    session.flush()
    emptied = known.household_id if moves else held.household_id
    if moves:
        for field in ("region_code", "household_id", "address", "phone", "phone_owner"):
            setattr(known, field, getattr(held, field))
    session.flush()
    for table, column in _references():
        _repoint(session, table, column, held.pk, known.pk)
    session.delete(held)
    session.flush()
    session.expire_all()
    if session.exec(select(Resident.id).where(Resident.household_id == emptied)).first() is None:
        session.delete(session.get_one(Household, emptied))
        session.flush()


def _references() -> list[tuple[Table, Column[int]]]:
    """Every column of the product that names a resident; the rooms above hold most of them."""
    return [
        (table, column)
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if any(key.target_fullname == "resident.id" for key in column.foreign_keys)
    ]


def _repoint(session: Session, table: Table, column: Column[int], held: int, known: int) -> None:
    """Let the rows of a table name the known file. A row that would then be there twice (both files served on one
    visit) is removed."""
    for _name, columns in unique_names(table):
        if column.name in columns and len(columns) > 1:
            other = table.alias()
            same = [table.c[name] == other.c[name] for name in columns - {column.name}]
            twice = exists().where(and_(other.c[column.name] == known, *same))
            session.execute(delete(table).where(column == held, twice))
    session.execute(update(table).where(column == held).values({column.name: known}))
