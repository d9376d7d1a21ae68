"""A browser without a window for tests: signed in, with form tokens, counting the queries behind a page."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, event

from factories.accounts import PASSWORD, make_user
from factories.databases import UnitOfWork
from factories.forms import hidden_in
from tuoju.accounts.models import Role
from tuoju.accounts.permissions import Actor
from tuoju.accounts.queries import actor_of
from tuoju.web.app import create_app
from tuoju.web.kit.settings import WebSettings

SETTINGS = WebSettings(secret_key="s" * 32, secure_cookies=False)


class Visitor:
    """Someone signed in: `get` a page, `post` a form as a page would."""

    def __init__(self, unit_of_work: UnitOfWork, role: Role = Role.social_worker, **options: Any) -> None:
        self.client = TestClient(create_app(unit_of_work, SETTINGS))
        with unit_of_work.write() as session:
            user = make_user(session, role=role, **options)
            self.actor: Actor = actor_of(user)
        data = {**self.hidden("/sign-in"), "username": user.username, "password": PASSWORD}
        assert self.client.post("/sign-in", data=data).status_code == 200

    def hidden(self, path: str = "/notifications") -> dict[str, str]:
        """Token and key for one form that is posted next."""
        return hidden_in(self.client.get(path).text)

    def get(self, path: str) -> Response:
        return self.client.get(path)

    def post(self, path: str, data: Mapping[str, Any] | None = None) -> Response:
        """Redirects are followed."""
        return self.client.post(path, data={**self.hidden(), **(data or {})})

    def save_draft(self, form: str, typed: Mapping[str, list[str]]) -> Response:
        return self.client.post(f"/drafts/{form}", json=typed, headers={"x-form-token": self.hidden()["form_token"]})


def open_link(client: TestClient, path: str) -> Response:
    """Open a link as a person does: the page of one button, then the button. `path` ends in the token."""
    action, _, token = path.rpartition("/")
    return client.post(action, data={**hidden_in(client.get(path).text), "token": token})


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that run within the block, without those that begin a transaction and set its scope."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "SELECT set_config")):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)
