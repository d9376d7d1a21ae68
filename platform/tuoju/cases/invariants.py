"""What always holds of cases, needs and files; see tuoju.database.rules."""

import hashlib
from collections.abc import Iterator, Mapping
from itertools import groupby

from sqlalchemy import select as sql_select
from sqlmodel import Session, col, select

from tuoju.cases.models import Attachment, Case, CaseStep, Need
from tuoju.cases.status import CASE_STEPS, ENDED_CASES, LIVE_NEEDS, CaseState
from tuoju.database.keys import EncryptionError
from tuoju.database.rules import RowIds, Rule
from tuoju.database.sealed_files import get_file
from tuoju.residents.models import ConsentPaper, Resident


def case_history(session: Session) -> Iterator[RowIds]:
    """Every case went by lawful steps from `recorded` to the state that it has, and has an end exactly if it ended."""
    steps = sql_select(col(CaseStep.case_id), col(CaseStep.id), col(CaseStep.verb), col(CaseStep.to_state)).order_by(
        col(CaseStep.case_id), col(CaseStep.id)
    )
    last: dict[int, CaseState] = {}
    rows = session.execute(steps, execution_options={"yield_per": 5000})
    for case_id, history in groupby(rows, key=lambda row: row[0]):
        state = CaseState.recorded
        for _, step_id, verb, to in history:
            if CASE_STEPS.get((state, verb)) is not to:
                yield {"assistance_case": case_id, "case_step": step_id}
            state = to
        last[case_id] = state
    cases = sql_select(col(Case.id), col(Case.state), col(Case.closed_at)).order_by(col(Case.id))
    for case_id, state, closed_at in session.execute(cases, execution_options={"yield_per": 5000}):
        if last.get(case_id, CaseState.recorded) is not state or (closed_at is not None) != (state in ENDED_CASES):
            yield {"assistance_case": case_id}


def need_ends(session: Session) -> Iterator[RowIds]:
    """A need has an end exactly if it is no longer live."""
    live, ended = col(Need.state).in_(LIVE_NEEDS), col(Need.ended_at).is_not(None)
    for need_id in session.exec(select(Need.id).where(live == ended).order_by(col(Need.id))):
        yield {"need": need_id or 0}


def files_open(session: Session) -> Iterator[RowIds]:
    """Every attachment and consent paper is in the file store, opens, and has the content whose SHA-256 was kept.
    Those of an erased person are destroyed."""
    attachments = (
        sql_select(col(Attachment.id), col(Attachment.file_key), col(Attachment.sha256))
        .join(Case, col(Case.id) == col(Attachment.case_id))
        .join(Resident, col(Resident.id) == col(Case.resident_id))
        .where(col(Resident.erased_at).is_(None))
    )
    papers = sql_select(col(ConsentPaper.id), col(ConsentPaper.file_key), col(ConsentPaper.sha256)).where(
        col(ConsentPaper.erased_at).is_(None)
    )
    for table, query in (("attachment", attachments), ("consent_paper", papers)):
        for row_id, key, sha256 in session.execute(query).all():
            try:
                content = get_file(key)
            except EncryptionError:
                yield {table: row_id}
                continue
            if hashlib.sha256(content).hexdigest() != sha256:
                yield {table: row_id}


INVARIANTS: Mapping[str, Rule] = {
    "case_history": case_history,
    "need_ends": need_ends,
    "files_open": files_open,
}
