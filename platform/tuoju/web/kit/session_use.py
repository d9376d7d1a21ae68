"""Records that a session is in use, for its idle end."""

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from tuoju.accounts.sessions import touch
from tuoju.database.scopes import ENTRANCE
from tuoju.database.unit_of_work import UnitOfWork


class SessionUse:
    """After the answer: on SQLite another transaction of the same request would hold the lock that this needs."""

    def __init__(self, app: ASGIApp, unit_of_work: UnitOfWork) -> None:
        self.app = app
        self.unit_of_work = unit_of_work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
        token = scope.get("state", {}).get("session_to_touch", "")
        if token:
            await run_in_threadpool(self._touch, token)

    def _touch(self, token: str) -> None:
        with self.unit_of_work.write(ENTRANCE) as session:
            touch(session, token)
