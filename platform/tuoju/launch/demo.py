"""`tuoju demo`: a demo city on this machine, with nothing but Python."""

from rich.console import Console

from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.bootstrap import Parts
from tuoju.launch.supervisor import supervise
from tuoju.simulation.demo_city import DEMO_SIGN_INS, build_demo_city, is_built


def run_demo(parts: Parts, port: int, console: Console) -> int:
    """Build the city in a migrated database if it is not there, then run everything until stopped; the exit code."""
    engine = parts.unit_of_work.engine
    with console.status("Preparing the database ...") as status:
        # What the demo lives through is delivered at its end; the queue is for what happens from now on.
        quiet = UnitOfWork(engine)
        with quiet.read() as session:
            built = is_built(session)
        if not built:
            if not console.is_terminal:
                console.print("Building the demo city ...")
            build_demo_city(quiet, tell=status.update)
            console.print("The demo city is built.")
    width = max(len(each.username) for each in DEMO_SIGN_INS)
    lines = [f"  {each.username:<{width}}  {each.password}  {each.role:<17} {each.place}" for each in DEMO_SIGN_INS]
    announce = "\n\nSign-ins of the demo (user name, password, role, place):\n" + "\n".join(lines)
    return supervise(parts.settings, "127.0.0.1", port, console, announce=announce)
