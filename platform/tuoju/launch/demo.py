"""`tuoju demo`: a demo city on this machine, with nothing but Python."""

from rich.console import Console

from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.bootstrap import Parts
from tuoju.launch.supervisor import supervise
from tuoju.simulation.demo_city import DEMO_SIGN_INS, build_demo_city, is_built


def run_demo(parts: Parts, port: int, console: Console) -> int:
    """Build the city in a migrated database unless it is there, then run all processes until stopped; the exit code."""
    engine = parts.unit_of_work.engine
    with console.status("Preparing the database ...") as status:
        # Notifications of the demo's past are marked as delivered when it is built; the queue gets only new ones.
        quiet = UnitOfWork(engine)
        with quiet.read() as session:
            built = is_built(session)
        if not built:
            if not console.is_terminal:
                console.print("Building the demo city ...")
            build_demo_city(quiet, tell=status.update)
            console.print("The demo city is built.")
    width = max(len(sign_in.username) for sign_in in DEMO_SIGN_INS)
    lines = [
        f"  {sign_in.username:<{width}}  {sign_in.password}  {sign_in.role:<17} {sign_in.place}"
        for sign_in in DEMO_SIGN_INS
    ]
    announce = "\n\nSign-ins of the demo (user name, password, role, place):\n" + "\n".join(lines)
    return supervise(parts.settings, "127.0.0.1", port, console, announce=announce)
