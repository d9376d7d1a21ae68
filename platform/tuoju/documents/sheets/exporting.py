"""The export of a list, as a worker does it: row by row into a workbook, which is kept sealed until it is downloaded or
its time is over."""

import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlmodel import Session

from tuoju.accounts.permissions import Action, require
from tuoju.accounts.row_scope import row_scope_of
from tuoju.database.records import now
from tuoju.database.sealed_files import put_file
from tuoju.documents.sheets.list_sheet import Batch, ListSheet
from tuoju.documents.sheets.lists import LISTS, ListName
from tuoju.jobs import service
from tuoju.jobs.service import WORKBOOK_KEPT
from tuoju.jobs.status import JobVerb
from tuoju.jobs.work import Claim
from tuoju.regions.calendar import CHINA
from tuoju.words.labels import reading_words
from tuoju.words.languages import gettext as _
from tuoju.words.languages import ngettext, short_language, use_language


def export_list(claim: Claim) -> None:
    """Write the list to a workbook. A run that was interrupted begins anew. Raises JobLost, NotPermitted."""
    list_sheet = LISTS[ListName(claim.job.list_name)]
    require(claim.actor, list_sheet.export_action)
    if claim.job.purpose:
        require(claim.actor, Action.reveal_residents)
    with use_language(claim.job.language), tempfile.TemporaryDirectory(prefix="tuoju-export-") as folder:
        path = Path(folder) / "list.xlsx"
        rows = _write(claim, list_sheet, path)
        claim.in_steps(partial(_end, claim, put_file(path.read_bytes()), rows))


def _end(claim: Claim, file_key: str, rows: int, session: Session) -> None:
    expires_at = now() + WORKBOOK_KEPT
    values = {"file_key": file_key, "rows_total": rows, "rows_done": rows, "expires_at": expires_at}
    claim.end(session, JobVerb.finish, **values)
    detail = {"purpose": claim.job.purpose, "rows": rows, "job": claim.job.pk}
    service.record(session, claim.actor, "export_list", claim.job.list_name, **detail)


def _write(claim: Claim, list_sheet: ListSheet, path: Path) -> int:
    """Write the workbook; how many rows it has."""
    counted: list[int] = []
    with claim.unit_of_work.read(row_scope_of(claim.actor)) as session:
        sheet = list_sheet.sheet(session, claim.actor)
    foot = _foot(claim)

    def end(rows: int) -> str:
        counted.append(rows)
        return f"{foot}{_(', ')}{ngettext('%(num)s row', '%(num)s rows', rows) % {'num': rows}}"

    language = 0 if short_language() == "zh" else 1
    sheet.write(path, _rows(claim, list_sheet), language, foot=foot, end=end)
    return counted[0]


def _rows(claim: Claim, list_sheet: ListSheet) -> Iterator[Mapping[str, Any]]:
    """All rows, some in each transaction, in which also their reading is audited."""
    batch = claim.in_steps(partial(_batch, claim, list_sheet, None), rows=-claim.job.rows_done)
    yield from batch.rows
    while batch.after is not None:
        do = partial(_batch, claim, list_sheet, batch.after)
        batch = claim.in_steps(do, rows=len(batch.rows), stalled_runs=0)
        yield from batch.rows


def _batch(claim: Claim, list_sheet: ListSheet, after: Any, session: Session) -> Batch:
    return list_sheet.export_batch(session, claim.actor, claim.job.purpose if list_sheet.is_personal else "", after)


def _foot(claim: Claim) -> str:
    """Who exported the list, when, and whether it names people in full."""
    purpose = claim.job.purpose
    return _("Exported by %(name)s at %(time)s, %(how)s") % {
        "name": claim.actor.display_name,
        "time": f"{datetime.now(CHINA):%Y-%m-%d %H:%M}",
        "how": _("in full, for: %(purpose)s") % {"purpose": reading_words(purpose)} if purpose else _("masked"),
    }
