"""`tuoju user`."""

from typing import Annotated

import typer

from tuoju.accounts.errors import UsernameTaken
from tuoju.accounts.models import Role
from tuoju.accounts.service import create_user
from tuoju.launch.commands.console import console, fail, make_parts

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def user() -> None:
    """Accounts."""


@app.command()
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
        raise fail("A password must have at least 10 characters.")
    try:
        with make_parts().unit_of_work.write() as session:
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
        raise fail(f"The user name {username} is taken. Choose another.") from error
    console.print(f"{username} can now sign in.")
