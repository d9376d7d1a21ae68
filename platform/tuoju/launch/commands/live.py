"""`tuoju live`."""

from typing import Annotated

import typer

from tuoju.launch.commands.console import fail, say
from tuoju.launch.commands.lazy import copies, records, scopes, setup
from tuoju.launch.language import gettext

app = typer.Typer(add_completion=False)


@app.command()
def live(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    off: Annotated[
        bool, typer.Option("--off", help="The other way round: mark this database as a copy that sends nothing.")
    ] = False,
) -> None:
    """Say that a restored copy is the live installation from now on: it sends what waits, and posts its anchors. Stop
    the original first: otherwise people get everything twice."""
    unit_of_work = setup.make_parts().unit_of_work
    if off:
        with unit_of_work.write(scopes.SYSTEM) as session:
            copies.mark_as_copy(session, records.now())
            setup.record_command(session, "mark_as_copy")
        say(gettext("This database is marked as a copy. It sends nothing until: tuoju live"))
        return
    with unit_of_work.read(scopes.SYSTEM) as session:
        copy = copies.find_copy(session)
        if copy is None:
            raise fail(gettext("This database is no restored copy: it is live."))
        made_at = copy.made_at
    if not yes:
        question = gettext("A copy of %(moment)s UTC. Is the original stopped?")
        typer.confirm(question % {"moment": f"{made_at:%Y-%m-%d %H:%M}"}, abort=True)
    with unit_of_work.write(scopes.SYSTEM) as session:
        copies.mark_as_live(session)
        setup.record_command(session, "go_live", made_at=made_at.isoformat())
    say(gettext("This is the live installation now. What waits is sent."))
