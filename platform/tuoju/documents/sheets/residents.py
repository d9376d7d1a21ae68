"""The register of residents (低收入人口台账) in and out of Excel."""

from collections.abc import Sequence
from typing import Any

from pydantic import model_validator
from sqlmodel import Session

from tuoju.accounts.permissions import Action, Actor
from tuoju.database.records import now
from tuoju.documents.sheets.list_sheet import EXPORT_BATCH, Batch, ListSheet
from tuoju.documents.sheets.villages import (
    ID_HEADINGS,
    PHONE_HEADINGS,
    TOWNSHIP_HEADINGS,
    VILLAGE_HEADINGS,
    village_reader,
    village_words,
)
from tuoju.regions.calendar import china_day
from tuoju.regions.queries import names
from tuoju.residents.duplicates import files_with, in_scope
from tuoju.residents.errors import AlreadyRegistered, LooksAlike, ProcessingRestricted, ResidentErased
from tuoju.residents.inputs import ResidentInput
from tuoju.residents.models import Resident
from tuoju.residents.queries import count_residents, find_look_alikes, find_residents
from tuoju.residents.service import register, reveal
from tuoju.residents.views import ResidentSeen, resident_seen
from tuoju.words.labels import label, options
from tuoju_projects.cells import code_of_word, day, id_text, one_of, several_of
from tuoju_projects.sheets import Column, Sheet, as_text


class ResidentRow(ResidentInput):
    """A resident as one row; without a number there is no document."""

    @model_validator(mode="before")
    @classmethod
    def _no_document(cls, values: Any) -> Any:
        if isinstance(values, dict) and not values.get("id_number"):
            return {**values, "id_type": "none"}
        return values


def _sheet(session: Session, actor: Actor) -> Sheet[ResidentRow]:
    lists = {kind: {words: code for code, words in options(kind)} for kind in _LISTS}
    tags = {**lists["vulnerable_tag"], **{code: code for code in lists["vulnerable_tag"].values()}}
    columns = [
        Column("name", ("姓名", "Name"), as_text, True, example="张建国"),
        Column(
            "id_number",
            ("身份证号", "ID number"),
            id_text,
            example="110199195003040012",
            width=22,
            also=ID_HEADINGS,
        ),
        Column(
            "region_code",
            ("村（社区）", "Village"),
            village_reader(session, actor),
            True,
            village_words(session, actor),
            example=next(iter(village_words(session, actor)), ""),
            width=26,
            also=VILLAGE_HEADINGS,
            before=TOWNSHIP_HEADINGS,
        ),
        Column("sex", ("性别", "Sex"), one_of(lists["sex_word"]), offered=list(lists["sex_word"])),
        Column("born_on", ("出生日期", "Birth date"), day),
        Column("phone", ("联系电话", "Telephone"), id_text, example="13800001234", also=PHONE_HEADINGS),
        Column(
            "address",
            ("家庭住址", "Address"),
            as_text,
            example="村东头3号",
            width=24,
            also=("住址", "地址", "详细地址"),
        ),
        Column(
            "relief_category",
            ("个人类别", "Relief category"),
            one_of(lists["relief_category"]),
            offered=list(lists["relief_category"]),
            also=("救助类别", "人员类别", "困难类别", "家庭类别", "对象类别"),
        ),
        Column(
            "vulnerabilities",
            ("困难情形", "Circumstances"),
            several_of(code_of_word(tags)),
            offered=list(lists["vulnerable_tag"]),
            many=True,
        ),
        Column(
            "self_care",
            ("自理能力", "Self-care"),
            one_of(lists["self_care_word"]),
            offered=list(lists["self_care_word"]),
        ),
        Column(
            "disability_type",
            ("残疾类别", "Disability"),
            one_of(lists["disability_type"]),
            offered=list(lists["disability_type"]),
        ),
        Column(
            "disability_grade",
            ("残疾等级", "Grade"),
            one_of(lists["disability_grade"]),
            offered=list(lists["disability_grade"]),
        ),
        Column("guardian_name", ("监护人", "Guardian"), as_text),
        Column("guardian_phone", ("监护人电话", "Guardian's telephone"), id_text),
    ]
    return Sheet(
        "服务对象",
        columns,
        ResidentRow,
        lambda row: row.id_number or (row.name, row.region_code, row.born_on),
        {"id_number_missing": "id_number", "disability_grade_missing": "disability_grade"},
    )


_LISTS = ("sex_word", "relief_category", "vulnerable_tag", "self_care_word", "disability_type", "disability_grade")


def _check(session: Session, actor: Actor, row: ResidentRow) -> Sequence[tuple[str, str]]:
    if row.id_number and in_scope(session, actor, files_with(session, row.id_number)) is not None:
        return [("id_number", "known")]
    return [("name", "looks_alike")] if find_look_alikes(session, row) else []


def _add(session: Session, actor: Actor, row: ResidentRow) -> None:
    register(session, actor, row)


def _count(session: Session, actor: Actor) -> int:
    return count_residents(session, actor)


def _export_batch(session: Session, actor: Actor, purpose: str, after: Any) -> Batch:
    """Latest first; a place is the id of the last resident."""
    residents = find_residents(session, actor, before_id=after, limit=EXPORT_BATCH)
    places, today = names(session, {resident.region_code for resident in residents}), china_day(now())
    rows = [
        {
            **_seen_fields(resident_seen(actor, resident, today)),
            **(_full_fields(session, actor, resident, purpose) if purpose else {}),
            "region_code": places[resident.region_code],
        }
        for resident in residents
    ]
    return Batch(rows, residents[-1].pk if len(residents) == EXPORT_BATCH else None)


def _word(kind: str, code: str | None) -> str:
    return label(kind, code) if code else ""


def _seen_fields(person: ResidentSeen) -> dict[str, str]:
    return {
        "name": person.name,
        "id_number": person.id_number,
        "phone": person.phone,
        "sex": _word("sex_word", person.sex),
        "relief_category": _word("relief_category", person.relief_category),
        "vulnerabilities": "、".join(label("vulnerable_tag", tag) for tag in person.vulnerabilities),
        "self_care": _word("self_care_word", person.self_care),
        "disability_type": _word("disability_type", person.disability_type),
        "disability_grade": _word("disability_grade", person.disability_grade),
    }


def _full_fields(session: Session, actor: Actor, resident: Resident, purpose: str) -> dict[str, str]:
    """The personal fields in full; the reading is audited. None of a person whose data may not be used."""
    try:
        full = reveal(session, actor, resident, purpose=purpose, budget=None)
    except (ProcessingRestricted, ResidentErased):
        return {}
    return {
        "name": full.name,
        "id_number": full.id_number or "",
        "phone": full.phone or "",
        "born_on": full.born_on.isoformat() if full.born_on else "",
        "address": full.address or "",
        "guardian_name": full.guardian_name or "",
        "guardian_phone": full.guardian_phone or "",
    }


RESIDENTS = ListSheet(
    sheet=_sheet,
    add=_add,
    check=_check,
    count=_count,
    export_batch=_export_batch,
    add_errors=(AlreadyRegistered, LooksAlike),
    import_action=Action.record_residents,
    export_action=Action.read_residents,
    home="/residents",
)
