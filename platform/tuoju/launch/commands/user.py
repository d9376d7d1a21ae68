"""`tuoju user`."""

from typing import TYPE_CHECKING, Annotated

import typer

from tuoju.launch.commands.console import console, fail
from tuoju.launch.commands.lazy import (
    account_errors,
    account_models,
    administration,
    recovery,
    region_queries,
    scopes,
    setup,
)
from tuoju.launch.language import gettext
from tuoju.words.languages import N_

if TYPE_CHECKING:
    from tuoju.accounts.invitations import IssuedInvitation
    from tuoju.launch.bootstrap import Parts

app = typer.Typer(no_args_is_help=True, add_completion=False)

_SENTENCES = {
    "UsernameTaken": N_("This user name is taken. Choose another."),
    "UserNotFound": N_("No active account has one of these user names."),
    "NotPermitted": N_("The account named by --by may not give accounts."),
    "GrantExceeded": N_(
        "This is more than the account named by --by may give, or an administrator exists already: name one with --by."
    ),
    "RegionLevelWrong": N_("Accounts with this role do not work in regions of this level."),
    "OwnProposal": N_("Nobody confirms their own account."),
    "ProposalClosed": N_("A proposal about this account waits on the page of accounts."),
    "LastAdministrator": N_("No other administrator would be left for the region."),
    "SamePerson": N_("Two different people are needed, and the account itself is none of them."),
    "RecoveryNotNeeded": N_("Two other administrators can sign in. They do this on the page of accounts."),
    "RegionNotFound": N_("There is no such region. Load the regions first: tuoju city load FOLDER"),
}
"""What an error says to an operator, by its name."""


@app.callback()
def user() -> None:
    """Accounts. Each command is in the audit."""


@app.command()
def create(
    username: str,
    role: Annotated[str, typer.Argument(help="Like township_officer; a wrong one is answered with all there are.")],
    display_name: Annotated[str, typer.Option(prompt=True)],
    region: Annotated[str, typer.Option(help="Code of the region they work in.")] = "",
    organization: Annotated[int, typer.Option(help="Id of their organization, for charity staff.")] = 0,
    by: Annotated[str, typer.Option(help="User name of the administrator who gives the account.")] = "",
    confirmed_by: Annotated[str, typer.Option(help="User name of the second one, for an administrator.")] = "",
) -> None:
    """Create an account and print its invitation. The first administrator needs no --by; the role and region of every
    other account are checked against the administrator's, and an administrator needs two."""
    parts = setup.make_parts()
    try:
        values = {"username": username, "display_name": display_name, "role": role, "region_code": region}
        inputs = administration.AccountInput.model_validate(values | {"organization_id": organization or None})
        with parts.unit_of_work.write(scopes.SYSTEM) as session:
            if by:
                invitation = recovery.add_by_operator(session, by, confirmed_by, inputs)
            elif inputs.role is account_models.Role.administrator:
                invitation = recovery.add_first_administrator(
                    session, username=inputs.username, display_name=inputs.display_name, region_code=region
                )
            else:
                raise fail(gettext("Name the administrator who gives the account: --by USERNAME"))
    except (account_errors.AccountError, region_queries.RegionNotFound) as error:
        raise fail(gettext(_SENTENCES[type(error).__name__])) from error
    _print_invitation(parts, username, invitation)


@app.command()
def recover(
    username: str,
    region: Annotated[str, typer.Option(help="Code of the region that they administer.")],
    first_operator: Annotated[str, typer.Option(prompt="First operator: user name or full name")],
    second_operator: Annotated[str, typer.Option(prompt="Second operator: user name or full name")],
    display_name: Annotated[str, typer.Option(help="Name of a new administrator.")] = "",
) -> None:
    """Let an administrator in again, or make one, where no two others are left who could do so on the pages. Two people
    must do it together; both names are in the audit."""
    parts = setup.make_parts()
    try:
        with parts.unit_of_work.write(scopes.SYSTEM) as session:
            invitation = recovery.recover(
                session,
                username=username,
                region_code=region,
                display_name=display_name,
                operators=(first_operator, second_operator),
            )
    except (account_errors.AccountError, region_queries.RegionNotFound) as error:
        raise fail(gettext(_SENTENCES[type(error).__name__])) from error
    _print_invitation(parts, username, invitation)


def _print_invitation(parts: "Parts", username: str, invitation: "IssuedInvitation") -> None:
    """The link goes to stdout on a line of its own, and is shown only here."""
    until = f"{invitation.expires_at:%Y-%m-%d %H:%M}"
    sentence = gettext("%(username)s is invited. The link works once, until %(until)s UTC:")
    console.print(sentence % {"username": username, "until": until}, markup=False)
    typer.echo(parts.settings.public_address.rstrip("/") + invitation.path)
