"""What binding a sealed value to its row costs, and SM4 beside AES: `python -m benchmarks.sealing`.

Prints ratios of CPU times on this machine: the same rows written and read with types that seal without a binding, as
release 0.1.0 did, and with those in use.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Dialect, Engine, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel, col, delete, select

from benchmarks.keys import invented_key
from tuoju.database.engine import make_engine
from tuoju.database.keys import AES, SM, KeyRing, Suite, keys
from tuoju.database.scopes import SYSTEM
from tuoju.database.sealing import EncryptedText
from tuoju.database.unit_of_work import UnitOfWork
from tuoju.launch.keys import use_key_ring

ROUNDS = 5


class UnboundText(TypeDecorator[str]):
    """As release 0.1.0 sealed: bound to nothing."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else keys().seal(value, "")

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else keys().open(value, "")


class UnboundRow(SQLModel, table=True):
    """Eight sealed columns, as many as a resident has."""

    __tablename__ = "benchmark_unbound"
    id: int | None = Field(default=None, primary_key=True)
    a: str = Field(sa_type=UnboundText)
    b: str = Field(sa_type=UnboundText)
    c: str = Field(sa_type=UnboundText)
    d: str = Field(sa_type=UnboundText)
    e: str = Field(sa_type=UnboundText)
    f: str = Field(sa_type=UnboundText)
    g: str = Field(sa_type=UnboundText)
    h: str = Field(sa_type=UnboundText)


class BoundRow(SQLModel, table=True):
    """The same columns, bound."""

    __tablename__ = "benchmark_bound"
    id: int | None = Field(default=None, primary_key=True)
    a: str = Field(sa_type=EncryptedText)
    b: str = Field(sa_type=EncryptedText)
    c: str = Field(sa_type=EncryptedText)
    d: str = Field(sa_type=EncryptedText)
    e: str = Field(sa_type=EncryptedText)
    f: str = Field(sa_type=EncryptedText)
    g: str = Field(sa_type=EncryptedText)
    h: str = Field(sa_type=EncryptedText)


def seconds(action: Callable[[], object]) -> float:
    """CPU seconds of this process: SQLite's work is in it, a PostgreSQL server's is not."""
    started = time.process_time()
    action()
    return time.process_time() - started


def measure(engine: Engine, kind: type[UnboundRow] | type[BoundRow], rows: int) -> tuple[float, float, float]:
    """Seconds to write the rows in one transaction, to write a tenth of them one by one, and to read them all."""
    unit_of_work = UnitOfWork(engine)
    values = dict.fromkeys("abcdefgh", "安徽省滁州市测试村一百二十三号")

    def write(count: int) -> None:
        with unit_of_work.write(SYSTEM) as session:
            session.add_all(kind(**values) for _ in range(count))

    def read() -> None:
        with unit_of_work.read(SYSTEM) as session:
            assert len(session.exec(select(kind)).all()) >= rows

    with unit_of_work.write(SYSTEM) as session:
        session.exec(delete(kind).where(col(kind.id) > 0))
    together = seconds(lambda: write(rows))
    singly = seconds(lambda: [write(1) for _ in range(rows // 10)])
    return together, singly, seconds(read)


def compare(engine: Engine, rows: int) -> None:
    times: dict[str, list[tuple[float, float, float]]] = {"unbound": [], "bound": []}
    for _ in range(ROUNDS):
        times["unbound"].append(measure(engine, UnboundRow, rows))
        times["bound"].append(measure(engine, BoundRow, rows))
    ratios = [
        min(times_of[step] for times_of in times["bound"]) / min(times_of[step] for times_of in times["unbound"])
        for step in range(3)
    ]
    print(f"  {engine.dialect.name}: bound / unbound, {rows} rows of 8 sealed columns")
    print("    written together {:.2f}, one by one {:.2f}, read {:.2f}".format(*ratios))


def per_value(suite: Suite, count: int = 5_000) -> tuple[float, float]:
    """Microseconds to seal and to open one value, without a database."""
    ring = KeyRing({"b": invented_key("b")}, "b", invented_key("web"), suite)
    sealed = [ring.seal("安徽省滁州市测试村一百二十三号", f"resident.address:{row}") for row in range(count)]
    sealing = min(
        seconds(lambda: [ring.seal("安徽省滁州市测试村一百二十三号", "resident.address:1") for _ in range(count)])
        for _ in range(ROUNDS)
    )
    opening = min(
        seconds(lambda: [ring.open(text, f"resident.address:{row}") for row, text in enumerate(sealed)])
        for _ in range(ROUNDS)
    )
    return sealing / count * 1e6, opening / count * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--database", default="", help="address of a PostgreSQL database; SQLite if empty")
    arguments = parser.parse_args()
    use_key_ring(KeyRing({"b": invented_key("b")}, "b", invented_key("web"), AES))
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(arguments.database or f"sqlite:///{Path(folder) / 'sealing.db'}")
        tables = [SQLModel.metadata.tables[name] for name in ("benchmark_unbound", "benchmark_bound")]
        SQLModel.metadata.create_all(engine, tables)
        try:
            compare(engine, arguments.rows)
        finally:
            SQLModel.metadata.drop_all(engine, tables)
            engine.dispose()
    aes, sm = per_value(AES), per_value(SM)
    print(f"  seal and open one value: AES {aes[0]:.1f} and {aes[1]:.1f} us, SM4 {sm[0]:.1f} and {sm[1]:.1f} us")
    print(f"  SM4 / AES: seal {sm[0] / aes[0]:.2f}, open {sm[1] / aes[1]:.2f}")


if __name__ == "__main__":
    main()
