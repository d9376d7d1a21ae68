"""The officers of many societies (账号) in and out of Excel. Imported accounts have no password: their persons are
invited with printed cards afterwards."""

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field
from sqlmodel import Session, col, func, select

from tuoju.accounts.addresses import Email, Mobile
from tuoju.accounts.administration import AccountInput, Username, add_account
from tuoju.accounts.directory import AccountFilter, find_accounts, states_of
from tuoju.accounts.errors import AccountError, GrantExceeded, RegionLevelWrong
from tuoju.accounts.grants import in_scope, require_grant
from tuoju.accounts.models import Role, User
from tuoju.accounts.permissions import Action, Actor, visible_regions
from tuoju.documents.sheets.list_sheet import EXPORT_BATCH, Batch, ListSheet
from tuoju.documents.sheets.villages import (
    PHONE_HEADINGS,
    TOWNSHIP_HEADINGS,
    VILLAGE_HEADINGS,
    village_reader,
    village_words,
)
from tuoju.regions.models import Region, RegionLevel
from tuoju.regions.queries import is_current, names
from tuoju.words.labels import label
from tuoju_projects.cells import id_text, one_of
from tuoju_projects.sheets import Column, Reader, Sheet, as_text
from tuoju_text.inputs import Input

LETTERS: Mapping[Role, str] = {
    Role.social_worker: "a",
    Role.society_chair: "c",
    Role.township_officer: "t",
    Role.program_manager: "m",
}
"""The roles that a sheet may give, and the letter with which a made user name begins. Administrators are made by two
persons, charity staff by their charity."""


OFFICE_WORDS: Mapping[str, Role] = {
    "协理员": Role.social_worker,
    "社会救助协理员": Role.social_worker,
    "秘书长": Role.social_worker,
    "社长": Role.society_chair,
    "理事长": Role.society_chair,
    "民政办": Role.township_officer,
}
"""What offices write for these roles."""


class AccountSheetRow(Input):
    """One officer; without a user name one is made of the region's code (a110101001001)."""

    display_name: str = Field(min_length=1, max_length=60)
    role: Role
    region_code: str
    username: Username | None = None
    email: Email = ""
    mobile: Mobile = ""


def _sheet(session: Session, actor: Actor) -> Sheet[AccountSheetRow]:
    roles: dict[str, Any] = {label("role", role): role.value for role in LETTERS}
    others = _areas(session, actor)
    columns = [
        Column("display_name", ("姓名", "Name"), as_text, True, example="张三"),
        Column(
            "role",
            ("角色", "Role"),
            one_of({**roles, **OFFICE_WORDS}),
            True,
            offered=list(roles),
            example=next(iter(roles)),
            width=18,
        ),
        Column(
            "region_code",
            ("村（社区）或单位所在地", "Region"),
            _region_reader(session, actor, others),
            True,
            offered=[*others.values(), *village_words(session, actor)],
            also=VILLAGE_HEADINGS,
            before=TOWNSHIP_HEADINGS,
            example=next(iter(village_words(session, actor)), ""),
            width=28,
        ),
        Column("username", ("用户名", "User name"), as_text, width=20),
        Column("mobile", ("手机", "Mobile"), id_text, also=PHONE_HEADINGS),
        Column("email", ("电子邮箱", "Email"), as_text, width=24),
        Column("state", ("状态", "State"), as_text),
    ]
    return Sheet("账号", columns, AccountSheetRow, _key)


def _key(row: AccountSheetRow) -> tuple[str, ...]:
    return (row.username,) if row.username else (row.display_name, row.role.value, row.region_code)


def _areas(session: Session, actor: Actor) -> dict[str, str]:
    """City, counties and townships in scope, by code; a township is named with its county."""
    visible = select(Region.code).where(
        col(Region.code).in_(visible_regions(session, actor)), Region.level != RegionLevel.village, is_current()
    )
    return names(session, session.exec(visible).all())


def _region_reader(session: Session, actor: Actor, areas: Mapping[str, str]) -> Reader:
    """Reader of a region: a code, a township's name with or without its county, or whatever names one village.

    Raises several_villages, unknown_village.
    """
    village = village_reader(session, actor)
    codes_by_name: dict[str, set[str]] = defaultdict(set)
    regions = session.exec(select(Region).where(col(Region.code).in_(areas)))
    for region in regions:
        for name in (region.code, region.name, areas[region.code]):
            codes_by_name[name].add(region.code)

    def read(cell: Any, typed: str) -> Any:
        matches = codes_by_name.get("".join(typed.split()), set())
        if len(matches) == 1:
            return next(iter(matches))
        if matches:
            raise ValueError("several_villages", typed)
        return village(cell, typed)

    return read


def _check(session: Session, actor: Actor, row: AccountSheetRow) -> Sequence[tuple[str, str]]:
    if row.role not in LETTERS:
        return [("role", "not_in_list")]
    try:
        require_grant(session, actor, row.role, region_code=row.region_code, organization_id=None)
    except GrantExceeded:
        return [("region_code", "unknown_village")]
    except RegionLevelWrong:
        return [("region_code", "wrong_level")]
    if row.username:
        return [("username", "known")] if _is_taken(session, row.username) else []
    same = select(User.id).where(
        User.region_code == row.region_code, User.role == row.role, User.display_name == row.display_name
    )
    return [("display_name", "known")] if session.exec(same).first() is not None else []


def _add(session: Session, actor: Actor, row: AccountSheetRow) -> None:
    values = row.model_dump() | {"username": row.username or _free_username(session, row)}
    add_account(session, actor, AccountInput.model_validate(values))


def _free_username(session: Session, row: AccountSheetRow) -> str:
    """a110101001001, or with the next free number behind it."""
    first = f"{LETTERS[row.role]}{row.region_code}"
    names = (first if number == 1 else f"{first}-{number}" for number in itertools.count(1))
    return next(name for name in names if not _is_taken(session, name))


def _is_taken(session: Session, username: str) -> bool:
    return session.exec(select(User.id).where(User.username == username)).first() is not None


def _count(session: Session, actor: Actor) -> int:
    return session.exec(select(func.count(col(User.id))).where(in_scope(session, actor))).one()


def _export_batch(session: Session, actor: Actor, _purpose: str, after: Any) -> Batch:
    """In the order of user names; a place is the last of them."""
    users = find_accounts(session, actor, AccountFilter(), after=after or "", limit=EXPORT_BATCH)
    states, places = states_of(session, users), names(session, {user.region_code for user in users if user.region_code})
    rows = [
        {
            "display_name": user.display_name,
            "role": label("role", user.role),
            "region_code": places.get(user.region_code or "", ""),
            "username": user.username,
            "state": label("account_state", states[user.pk][0]),
        }
        for user in users
    ]
    return Batch(rows, users[-1].username if len(users) == EXPORT_BATCH else None)


ACCOUNTS = ListSheet(
    sheet=_sheet,
    add=_add,
    check=_check,
    count=_count,
    export_batch=_export_batch,
    add_errors=(AccountError,),
    import_action=Action.manage_accounts,
    export_action=Action.manage_accounts,
    home="/accounts",
    is_personal=False,
)
