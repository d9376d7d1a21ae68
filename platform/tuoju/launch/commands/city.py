"""`tuoju city`: the folder of a city, and divisions that change."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from tuoju.launch.commands.console import console, fail, say
from tuoju.launch.commands.lazy import (
    account_models,
    account_queries,
    city_changes,
    city_folder,
    city_loading,
    city_problems,
    city_template,
    days,
    records,
    reports,
    scopes,
    setup,
    sqlmodel,
)
from tuoju.launch.commands.wording import counts_in_words, operators_label
from tuoju.launch.language import gettext

if TYPE_CHECKING:
    from sqlmodel import Session

    from tuoju.accounts.permissions import Actor

app = typer.Typer(no_args_is_help=True, add_completion=False)

COLUMNS = "change, code, on, source, new_code, new_name, new_parent, level"
"""Those of tuoju.cities.rows.ChangeRow, which the help does not import."""
Folder = Annotated[Path, typer.Argument(help="The folder with the files of the city.")]


@app.callback()
def city() -> None:
    """A city as a folder of files: its divisions, policies, calendar, map and projects."""


@app.command("new")
def new(folder: Folder) -> None:
    """Write an empty folder to fill in, with a README that explains every file."""
    try:
        written = city_template.write_template(folder)
    except city_template.FolderInUse as error:
        raise fail(gettext("%(folder)s is not empty. Name a new folder.") % {"folder": folder}) from error
    for path in written:
        console.print(str(path), markup=False, highlight=False, soft_wrap=True)
    sentence = gettext("Fill in the files as %(readme)s says, then: tuoju city check %(folder)s")
    say(sentence, readme=folder / "README.md", folder=folder)


@app.command("check")
def check(folder: Folder) -> None:
    """Check the files of a city without a database. All mistakes are printed, each with file, line and column."""
    read = _read(folder)
    counts = counts_in_words(
        {
            "divisions": len(read.divisions),
            "policies": len(read.policies) + len(read.data_policies),
            "special_days": len(read.days),
            "outlines": len(read.outlines),
            "projects": len(read.offers),
        }
    )
    say(gettext("%(city)s: %(counts)s. Everything is right."), city=read.city.name, counts=counts)


@app.command("load")
def load(folder: Folder) -> None:
    """Load the files of a city. What is there already stays as it is; with any mistake nothing is loaded."""
    read = _read(folder)
    try:
        with setup.make_parts().unit_of_work.write(scopes.SYSTEM) as session:
            began_on = days.china_day(records.now())
            loaded = asdict(city_loading.load_city(session, read, began_on=began_on))
            setup.record_command(session, "load_city", region=read.city.code, **loaded)
    except city_problems.CityFolderError as error:
        raise reports.fail_with_report(error.problems) from error
    say(gettext("%(city)s is loaded. New: %(counts)s."), city=read.city.name, counts=counts_in_words(loaded))


@app.command("change")
def change(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Columns: " + COLUMNS)],
    by: Annotated[str, typer.Option("--by", help="User name of the administrator of the city who answers for it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask after showing what moves.")] = False,
) -> None:
    """Rename, move, merge or create divisions. What moves is shown first; nothing changes before it is confirmed."""
    unit_of_work = setup.make_parts().unit_of_work
    try:
        rows = city_changes.read_changes(file, days.china_day(records.now()))
        with unit_of_work.write(scopes.SYSTEM) as session:
            shown = city_changes.apply_changes(session, _administrator(session, by), file.name, rows)
            session.rollback()
        _print(shown)
        if not yes:
            typer.confirm(gettext("Make these changes?"), abort=True)
        with unit_of_work.write(scopes.SYSTEM) as session:
            made = city_changes.apply_changes(session, _administrator(session, by), file.name, rows)
            if made != shown:
                session.rollback()
                sentence = gettext("Something changed in the meantime, so nothing was done. Run the command again.")
                raise fail(sentence)
            setup.record_command(session, "change_regions", file=file.name, rows=len(rows), by=by)
    except city_problems.CityFolderError as error:
        raise reports.fail_with_report(error.problems) from error
    say(gettext("%(count)s changes made."), count=len(made))


def _administrator(session: "Session", username: str) -> "Actor":
    user_table = account_models.User
    user = session.exec(sqlmodel.select(user_table).where(user_table.username == username)).first()
    actor = account_queries.actor_of(user) if user is not None and user.is_active else None
    if actor is None or actor.role is not account_models.Role.administrator or not actor.covers_city:
        sentence = gettext("%(username)s is no active administrator of the whole city.")
        raise fail(sentence % {"username": username})
    return actor


def _print(changes: "Sequence[city_changes.ChangeReport]") -> None:
    for made in changes:
        heading = f"{operators_label('region_change', made.kind)} {made.code}"
        console.print(f"[bold]{heading}[/]  {escape(made.before or '-')} → {escape(made.after)}", soft_wrap=True)
        say("  " + gettext("comes along: %(counts)s"), counts=counts_in_words(made.along))
        say("  " + gettext("moves to a new code: %(counts)s"), counts=counts_in_words(made.carried))
        sentence = gettext("accounts that lose sight of it: %(lose)s, that gain it: %(gain)s")
        say("  " + sentence, lose=made.lose_sight, gain=made.gain_sight)


def _read(folder: Path) -> "city_folder.CityFolder":
    try:
        return city_folder.read_folder(folder)
    except city_problems.CityFolderError as error:
        raise reports.fail_with_report(error.problems) from error
