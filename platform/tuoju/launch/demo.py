"""Builds the city of `tuoju demo`."""

from collections.abc import Sequence
from pathlib import Path

from tuoju.cities.folder import read_folder
from tuoju.database.clock_check import trust_clock
from tuoju.database.scopes import SYSTEM
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.commands.console import console, say
from tuoju.launch.language import gettext
from tuoju.simulation.demo_city import build_demo_city, is_built
from tuoju.simulation.sign_ins import DemoSignIn, demo_sign_ins


def build_demo(unit_of_work: UnitOfWork, city: Path | None) -> None:
    """Build the city in a migrated database unless it is there, and print the sign-ins. Raises CityFolderError."""
    # Notifications of the demo's past are marked as delivered when it is built; the queue gets only new ones.
    quiet = UnitOfWork(unit_of_work.engine)
    with quiet.read(SYSTEM) as session:
        built = is_built(session)
    if not built:
        with console.status(gettext("Preparing the database ...")) as status:
            if not console.is_terminal:
                say(gettext("Building the demo city ..."))
            build_demo_city(quiet, folder=read_folder(city) if city is not None else None, tell=status.update)
            with quiet.write(SYSTEM) as session:
                trust_clock(session)
            say(gettext("The demo city is built."))
    with quiet.read(SYSTEM) as session:
        _print_sign_ins(demo_sign_ins(session))


def _print_sign_ins(sign_ins: Sequence[DemoSignIn]) -> None:
    say("\n" + gettext("Sign-ins of the demo (user name, password, role, place):"))
    width = max((len(sign_in.username) for sign_in in sign_ins), default=0)
    for sign_in in sign_ins:
        columns = (sign_in.username.ljust(width), sign_in.password, sign_in.role.value.ljust(17), sign_in.place)
        say("  %(line)s", line="  ".join(columns))
