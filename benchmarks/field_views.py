"""What the field views cost: typical requests with them, and the same requests with no question who reads.

    python -m benchmarks.field_views [--people 40] [--rounds 30]

"Without" is the same application over the same SQLite database that does not ask who reads: every field has one form,
no consent is looked up, and free texts are handed on as they are stored. The pages show as much either way: what an
officer sees, and for the charity a referral that it has accepted. Each page is asked in turns, so that both meet the
same machine; the ratio is that of the medians.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fastapi.testclient import TestClient
from sqlmodel import Session, SQLModel, col, select

from benchmarks.keys import use_invented_keys
from tuoju.accounts import fields
from tuoju.accounts.fields import EVERYTHING, Form, GatedText, Stage
from tuoju.accounts.models import User
from tuoju.accounts.permissions import Principal
from tuoju.accounts.service import sign_in
from tuoju.cases.models import Case
from tuoju.database.engine import make_engine
from tuoju.database.file_stores import FolderStore
from tuoju.database.scopes import SYSTEM
from tuoju.database.sealed_files import use_files
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.migrations import migrate
from tuoju.referrals import views
from tuoju.referrals.models import Referral
from tuoju.referrals.queries import MINIMUM_ONLY, ReferralRow
from tuoju.referrals.views import ReferralReader
from tuoju.simulation.demo_city import build_demo_city
from tuoju.simulation.sign_ins import PASSWORD
from tuoju.web.app import create_app
from tuoju.web.kit.dependencies import SESSION_COOKIE
from tuoju.web.kit.settings import WebSettings

Kind = Callable[[], AbstractContextManager[None]]
PAGES = {
    "worker": ("/residents", "/cases", "/cases/{case}", "/needs", "/referrals", "/api/v1/residents"),
    "township": ("/residents", "/referrals"),
    "charity": ("/referrals", "/referrals/{referral}", "/api/v1/referrals"),
}


_FORMS = {f"resident.{name}": Form.masked for name in ("name", "id_number", "phone")} | {"resident.born_on": Form.age}


def _form_for_all(_actor: Principal, column: str, _stage: Stage = Stage.before, **_options: object) -> Form:
    return _FORMS.get(column, Form.unmasked)


def _text_as_stored(_actor: Principal, row: SQLModel, field: str, **_options: object) -> GatedText:
    return GatedText(getattr(row, field) or "")


def _readers_for_all(_session: Session, actor: Principal, rows: Sequence[ReferralRow]) -> list[ReferralReader]:
    return [ReferralReader(actor, Stage.serving, EVERYTHING, None, row.referral.region_code) for row in rows]


_PLAIN: dict[Any, Any] = {
    fields.form_of: _form_for_all,
    fields.visible: _text_as_stored,
    views.readers_of: _readers_for_all,
}


@contextmanager
def without_views() -> Iterator[None]:
    """Ask nowhere who reads."""
    with ExitStack() as stack:
        for module, name, plain in _USES:
            stack.enter_context(patch.object(module, name, plain))
        yield


def _uses() -> list[tuple[Any, str, Any]]:
    """(module, name, what stands in for it) of each place that calls a view."""
    return [
        (module, made.__name__, plain)
        for module in list(sys.modules.values())
        if module.__name__.startswith("tuoju")
        for made, plain in _PLAIN.items()
        if getattr(module, made.__name__, None) is made
    ]


_USES = _uses()


def client_of(unit_of_work: UnitOfWork, username: str) -> TestClient:
    """A browser that is signed in; its cookie opens the API too."""
    with unit_of_work.write(SYSTEM) as session:
        token, _user = sign_in(session, username, PASSWORD)
    client = TestClient(create_app(unit_of_work, WebSettings("s" * 32, secure_cookies=False)))
    client.cookies.set(SESSION_COOKIE, token)
    return client


def ids_of(unit_of_work: UnitOfWork) -> dict[str, int]:
    """A case of the worker, and a referral that the charity has accepted."""
    with unit_of_work.read(SYSTEM) as session:
        users = {user.username: user for user in session.exec(select(User)).all()}
        own_case = select(Case.id).where(Case.region_code == users["worker"].region_code)
        own_referral = select(Referral.id).where(
            Referral.organization_id == users["charity"].organization_id, col(Referral.state).not_in(MINIMUM_ONLY)
        )
        case = session.exec(own_case.order_by(col(Case.id)).limit(1)).one()
        referral = session.exec(own_referral.order_by(col(Referral.id)).limit(1)).one()
    return {"case": case or 0, "referral": referral or 0}


def compare(unit_of_work: UnitOfWork, rounds: int) -> None:
    """Ask each page in turns with and without views; print the medians and their ratio."""
    ids = ids_of(unit_of_work)
    print(f"{'account':9} {'page':24} {'with':>9} {'without':>9} {'ratio':>6}")
    ratios = []
    for username, pages in PAGES.items():
        client = client_of(unit_of_work, username)
        for page in pages:
            address = page.format(**ids)
            with_views, without = median_times(client, address, rounds)
            ratios.append(with_views / without)
            times = f"{with_views:7.1f}ms {without:7.1f}ms {ratios[-1]:6.2f}"
            print(f"{username:9} {page:24} {times}", flush=True)
    print(f"median of the ratios {statistics.median(ratios):.2f}, highest {max(ratios):.2f}")


def median_times(client: TestClient, address: str, rounds: int) -> list[float]:
    """Milliseconds of a request with views and without."""
    times: dict[Kind, list[float]] = {nullcontext: [], without_views: []}
    client.get(address)
    for _ in range(rounds):
        for kind, taken in times.items():
            with kind():
                start = time.perf_counter()
                assert client.get(address).status_code == 200, address
                taken.append((time.perf_counter() - start) * 1000)
    return [statistics.median(taken) for taken in times.values()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    use_invented_keys()
    with tempfile.TemporaryDirectory() as folder:
        use_files(FolderStore(Path(folder)))
        engine = make_engine(f"sqlite:///{Path(folder) / 'bench.db'}")
        migrate(engine)
        unit_of_work = UnitOfWork(engine)
        build_demo_city(unit_of_work, people=options.people, tell=lambda _words: None)
        print(f"{options.people} people; medians of {options.rounds} requests in turns")
        compare(unit_of_work, options.rounds)
        engine.dispose()


if __name__ == "__main__":
    main()
