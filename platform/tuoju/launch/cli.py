"""The command line: `tuoju --help`."""

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class CommandEntry(NamedTuple):
    """Where the Typer application `app` of a command is, and its line in the list of commands."""

    module: str
    help: str


COMMANDS = {
    "migrate": CommandEntry("tuoju.launch.commands.migrate", "Update the tables of the database."),
    "match": CommandEntry(
        "tuoju.launch.commands.match", "Match the needs of one sheet with the projects of another, without a server."
    ),
    "demo": CommandEntry(
        "tuoju.launch.commands.demo", "Build a demo city if there is none, and run everything on this machine."
    ),
    "simulate": CommandEntry(
        "tuoju.launch.commands.simulate", "Fill an empty database with a simulated month of all 1,233 societies."
    ),
    "serve": CommandEntry(
        "tuoju.launch.commands.serve", "Run web, worker and scheduler on this machine, with your own data."
    ),
    "figures": CommandEntry(
        "tuoju.launch.commands.figures", "Print the figures of the city report, counted from the rows."
    ),
    "plan": CommandEntry(
        "tuoju.launch.commands.plan", "Compute the best plan for all open needs of a region and compare other methods."
    ),
    "regions": CommandEntry("tuoju.launch.commands.regions", "The region tree."),
    "calendar": CommandEntry("tuoju.launch.commands.calendar", "The working-day calendar."),
    "policies": CommandEntry("tuoju.launch.commands.policies", "The dated policy rows."),
    "user": CommandEntry("tuoju.launch.commands.user", "Accounts."),
    "audit": CommandEntry("tuoju.launch.commands.audit", "The audit chain."),
}
"""All commands. A module is imported when its command runs: numba, scipy and the tables take seconds to import."""


class LazyCommand(TyperCommand):
    """Stands for a command in the list; becomes the real one when it is to run or to show its own help."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        command = typer.main.get_command(import_module(COMMANDS[str(self.name)].module).app)
        return command.make_context(info_name, args, parent=parent, **extra)


class LazyGroup(TyperGroup):
    """The commands of COMMANDS, in that order."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        entry = COMMANDS.get(cmd_name)
        return LazyCommand(cmd_name, help=entry.help) if entry else None


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, add_completion=False)


<<<<<<< HEAD
@app.callback()
def tuoju() -> None:
    """Tuoju 托举: from need to service."""
=======
def _other_version(settings: DataSettings, revision: str) -> str:
    """What to do about a database that another version of Tuoju wrote."""
    url, folder = make_url(settings.database_url), settings.data_folder.resolve()
    if url.get_backend_name() == "sqlite" and Path(url.database or "").resolve().parent == folder:
        data, way_out = f"The data in {folder}", "delete this folder, or name another one with TUOJU_DATA_FOLDER"
    else:
        data, way_out = f"The contents of {url}", "name an empty database with TUOJU_DATABASE_URL"
    return (
        f"{data} were written by another version of Tuoju (schema {revision}), and this version cannot read them. "
        f"To keep them, use the version that wrote them. To start afresh, {way_out}."
    )


@app.command("migrate")
def migrate_command() -> None:
    """Update the tables of the database."""
    _migrate(_parts())
    console.print("The database is up to date.")


@app.command("match")
def match_command(
    needs: Annotated[Path | None, typer.Argument(help="The needs sheet (.xlsx).")] = None,
    projects: Annotated[Path | None, typer.Argument(help="The projects sheet (.xlsx).")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write the plan to.")] = Path("plan.xlsx"),
    english: Annotated[bool, typer.Option("--english", help="Write the reasons in English.")] = False,
    sample: Annotated[Path | None, typer.Option(help="Write sample sheets into this folder and stop.")] = None,
) -> None:
    """Match the needs of one sheet with the projects of another, without a server. Uses the ranking in use if
    there is a database on this machine, otherwise the rules."""
    from tuoju.documents.match_sheets import BadSheets, SheetFiles, ranking_of, run, write_samples

    if sample is not None:
        for path in write_samples(sample):
            console.print(f"{path} written.")
        return
    if needs is None or projects is None:
        raise _fail("Give two sheets: needs.xlsx projects.xlsx. To get a sample of each, use --sample FOLDER.")
    try:
        ranking = ranking_of(DataSettings().database_url)
    except OperationalError as error:
        raise _fail(
            "The database does not answer, so the ranking in use is not known. Check TUOJU_DATABASE_URL."
        ) from error
    except UnsupportedDatabase as error:
        raise _fail(str(error)) from error
    try:
        with console.status("...") as status:
            language: Language = "en" if english else "zh"
            sheets = SheetFiles(needs, projects, output)
            today = china_day(now())
            plan = run(sheets, language=language, today=today, ranking=ranking, report=status.update)
    except BadSheets as error:
        for problem in error.problems[:50]:
            console.print(f"[red]{problem}[/]")
        raise _fail(f"{len(error.problems)} problem(s). Nothing was written.") from error
    console.print(
        f"{len(plan.chosen)} needs assigned, {len(plan.without)} without a project; total fit {plan.quality:.3f}, "
        f"dual bound {plan.bound:.3f}, gap {plan.gap:.2%}, ranked by {ranking.signature}. Plan with reasons: {output}"
    )


@app.command()
def demo(port: Annotated[int, typer.Option(help="Port of the web pages.")] = 8000) -> None:
    """Build a demo city if there is none, and run everything on this machine."""
    from tuoju.launch.demo import run_demo

    parts = _parts()
    _migrate(parts)
    raise typer.Exit(run_demo(parts, port, console))


@app.command()
def simulate(
    city: Annotated[bool, typer.Option("--city", help="Confirm that you want the whole city.")] = False,
    month: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m"], help="Month to simulate. Default: last month.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed and month give the same rows.")] = 2024,
) -> None:
    """Fill an empty database with a simulated month of all 1,233 societies. `tuoju figures` prints the totals."""
    from tuoju.simulation.simulated_city import simulate_city

    if not city:
        raise _fail("Add --city to confirm: this fills the database with invented people and takes some minutes.")
    parts = _parts()
    _migrate(parts)
    quiet = UnitOfWork(parts.unit_of_work.engine)
    with quiet.read() as session:
        if is_built(session) or session.exec(select(Region.code)).first() is not None:
            raise _fail("This database is in use. Set TUOJU_DATABASE_URL to an empty one.")
    today = china_day(now())
    first = month.date() if month else (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    if first >= today.replace(day=1):
        raise _fail(f"{first:%Y-%m} is not over. Choose a month in the past.")
    started = perf_counter()
    with Progress(*Progress.get_default_columns(), console=console) as progress:
        task = progress.add_task("...", total=1.0)
        simulate_city(
            quiet, first, seed=seed, tell=lambda words, share: progress.update(task, description=words, completed=share)
        )
    console.print(f"{first:%Y-%m} is simulated in {perf_counter() - started:.0f} s. Next: tuoju figures --json")


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port of the web pages.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Run web, worker and scheduler on this machine, with your own data."""
    from tuoju.launch.supervisor import supervise

    parts = _parts()
    _migrate(parts)
    raise typer.Exit(supervise(parts.settings, host, port, console))


@app.command()
def figures(
    region: Annotated[str, typer.Option(help="Code of the region to count.")] = "341100000000",
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Print the figures of the city report, counted from the rows."""
    operator = Actor(user_id=0, display_name="", role=Role.program_manager, region_code=region)
    try:
        with _parts().unit_of_work.read() as session:
            found = asdict(city_figures(session, operator))
    except RegionNotFound as error:
        raise _fail(f"{region} is not a known region.") from error
    if as_json:
        typer.echo(json.dumps(found))
        return
    for name, value in found.items():
        console.print(f"{name}: {value}")


@app.command()
def plan(
    region: Annotated[str, typer.Argument(help="Code of a county or city.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Compute the best plan for all open needs of a region and compare other methods. Nothing is saved or sent."""
    from tuoju.plans.trial import trial

    try:
        with _parts().unit_of_work.read() as session, console.status("..."):
            found = trial(session, region)
    except RegionNotFound as error:
        raise _fail(f"{region} is not a known region.") from error
    if as_json:
        typer.echo(json.dumps(found))
        return
    console.print(
        f"{found['needs']} needs, {found['placed']} with a project; gap {found['gap']:.6%}; {found['ranker']}"
    )
    for mode, each in found["modes"].items():
        counts = ", ".join(f"{urgency} {count}" for urgency, count in each["placed"].items())
        console.print(f"{mode}: {counts}; total fit {each['quality']:.3f}, waited {each['waited']:.0f} days")


@regions.command("load")
def load_regions(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Load the regions of a city from a CSV file with the columns code,name,level,parent_code."""
    try:
        with _parts().unit_of_work.write() as session:
            count = load_divisions(session, file)
    except RegionFileError as error:
        raise _fail(f"{file}: {error}. Nothing was loaded.") from error
    console.print(f"{count} regions loaded.")


@calendar.command("load")
def load_calendar(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    source: Annotated[str, typer.Option(help="The official announcement that the days come from.")] = "",
) -> None:
    """Load the holidays and make-up days of a year from a CSV file with the columns
    date,is_workday,name_en,name_zh. Provisional due dates are recalculated."""
    try:
        with _parts().unit_of_work.write() as session:
            count = load_special_days(session, file, source=source)
            recompute_deadlines(session)
            recompute_answer_deadlines(session)
    except RegionFileError as error:
        raise _fail(f"{file}: {error}. Nothing was loaded.") from error
    console.print(f"{count} special days loaded.")


@policies.command("load")
def load_shipped_policies() -> None:
    """Load the policy rows of Chuzhou that are shipped. Existing rows do not change."""
    with _parts().unit_of_work.write() as session:
        count = load_policies(session)
    console.print(f"{count} policy rows added.")


@user.command("create")
def create(
    username: str,
    role: Role,
    display_name: Annotated[str, typer.Option(prompt=True)],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
    region: Annotated[str, typer.Option(help="Code of the region they work in.")] = "",
    organization: Annotated[int, typer.Option(help="Id of their organization, for charity staff.")] = 0,
) -> None:
    """Create an account. You are asked for the password, so that it stays out of the shell history."""
    if len(password) < 10:
        raise _fail("A password must have at least 10 characters.")
    try:
        with _parts().unit_of_work.write() as session:
            create_user(
                session,
                username=username,
                password=password,
                display_name=display_name,
                role=role,
                region_code=region or None,
                organization_id=organization or None,
            )
    except UsernameTaken as error:
        raise _fail(f"The user name {username} is taken. Choose another.") from error
    console.print(f"{username} can now sign in.")


@audit_app.command("verify")
def verify() -> None:
    """Check every audit chain."""
    try:
        with _parts().unit_of_work.read() as session:
            counts = audit.verify(session)
    except AuditBroken as error:
        raise _fail(str(error)) from error
    for scope, count in counts.items():
        console.print(f"{scope}: {count} entries, unbroken")
>>>>>>> refs/heads/documents
