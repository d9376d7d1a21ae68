"""Everything that is held on one person, machine-readable (PIPL art. 45): rows as JSON, the files beside them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor, require_in
from tuoju.database.records import now
from tuoju.database.sealed_files import get_file
from tuoju.holdings.declaration import HELD, Held, collect
from tuoju.readings.models import Budget
from tuoju.readings.service import record_reading
from tuoju.regions.queries import county_of
from tuoju.residents.life import require_not_erased
from tuoju.residents.models import Resident

FORMAT = "tuoju-held-1"
"""The layout of held.json; a later one gets another number."""


@dataclass(frozen=True)
class Holdings:
    """What is held on one person."""

    content: bytes
    """held.json: for each table its rows, what was left out and why."""
    files: dict[str, bytes]
    """By name: the papers and photos."""
    counts: dict[str, int]
    """Rows by declaration, of those that are exported."""


def export_held(session: Session, actor: Actor, resident: Resident, *, purpose: str) -> Holdings:
    """Collect all rows and files about a resident. The reading is audited with its purpose and shown to the resident.

    Data whose use is restricted may be exported: the copy is the person's own right. Raises NotPermitted,
    ResidentErased, PurposeMissing, BudgetSpent.
    """
    require_in(session, actor, Action.reveal_residents, resident.region_code)
    require_not_erased(resident)
    scope = county_of(session, resident.region_code)
    record_reading(session, actor, resident, scope=scope, purpose=purpose, budget=Budget.export)
    rows = collect(session, resident)
    exported = [held for held in HELD if not held.withheld]
    tables = [_table(held, rows[held.name]) for held in exported]
    left_out = [{"table": held.name, "reason": held.withheld} for held in HELD if held.withheld and not _silent(held)]
    body = {
        "format": FORMAT,
        "exported_at": now().isoformat(),
        "purpose": purpose,
        "tables": tables,
        "withheld": left_out,
    }
    content = json.dumps(body, ensure_ascii=False, indent=1, default=str).encode()
    counts = {held.name: len(rows[held.name]) for held in exported if rows[held.name]}
    return Holdings(content, _files(exported, rows), counts)


def _silent(held: Held) -> bool:
    """Whether not even the table is named: that there may be a report on harm would warn whoever does it."""
    return held.name == "protection_report"


def _table(held: Held, rows: Sequence[Any]) -> dict[str, Any]:
    return {
        "table": held.name,
        "left_out": dict(held.left_out),
        "rows": [row.model_dump(mode="json", exclude=set(held.left_out), warnings=False) for row in rows],
    }


def _files(exported: Sequence[Held], rows: dict[str, Sequence[Any]]) -> dict[str, bytes]:
    files = {}
    for held in exported:
        for row in rows[held.name] if held.file_of else ():
            if getattr(row, "erased_at", None) is None:
                ending = "pdf" if row.media_type == "application/pdf" else "jpg"
                files[f"files/{held.name}-{row.pk}.{ending}"] = get_file(getattr(row, held.file_of))
    return files
