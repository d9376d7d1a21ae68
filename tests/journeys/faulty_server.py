"""A server of its own process that may be killed. Arguments: DATABASE_URL, PORT, FOLDER.

It dies as by a power cut within the next posted form if FOLDER holds a file `die`: of `before` before the application
sees the form, of `after` when the effect is committed and before the answer leaves.
"""

import os
import sys
from pathlib import Path

import uvicorn
from benchmarks.keys import use_invented_keys
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tuoju.database.engine import make_engine
from tuoju.database.file_stores import FolderStore
from tuoju.database.sealed_files import use_files
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.web.app import create_app
from tuoju.web.kit.settings import WebSettings

SETTINGS = WebSettings(secret_key="s" * 32, secure_cookies=False)
POWER_CUT = 70


class Faulty:
    """Dies where the file says; of forms only, not of what the script asks by itself."""

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        self.app, self.order = app, folder / "die"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_form = scope["type"] == "http" and scope["method"] == "POST" and not scope["path"].startswith("/drafts/")
        order = self.order.read_text() if is_form and self.order.exists() else ""
        if order == "before":
            os._exit(POWER_CUT)

        async def send_or_die(message: Message) -> None:
            if order == "after":
                os._exit(POWER_CUT)
            await send(message)

        await self.app(scope, receive, send_or_die)


def main() -> None:
    """Serve until killed."""
    url, port, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    use_files(FolderStore(folder / "files"))
    use_invented_keys()
    app = Faulty(create_app(UnitOfWork(make_engine(url)), SETTINGS), folder)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
