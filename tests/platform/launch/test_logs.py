"""No secret of a link reaches a log (design.md section 7)."""

import errno
import json
import logging
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from celery import Celery
from celery.app import trace
from uvicorn.logging import AccessFormatter

from tuoju.launch import logs as logs_module
from tuoju.launch.logs import CUT, _JsonHandler, configure_logs, rotate, without_tokens

ROOT = Path(__file__).parent.parent.parent.parent
TOKEN = "hAnd1e_-x.s1gnature_-"
ADDRESSES = [
    f"/a/{TOKEN}",
    f"https://tuoju.example/my/{TOKEN}",
    f"/invitation/{TOKEN}",
    f"/addresses/{TOKEN}",
    f"/contact-changes/{TOKEN}?x=1",
    f"/receipts/sms?token={TOKEN}",
    f"/receipts/sms?a=1&token={TOKEN}",
    f"/sign-in?next=%2Fa%2F{TOKEN}",
]


LIBRARIES = ("uvicorn", "uvicorn.access", "uvicorn.error", "celery.worker", "httpx")


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Our logs, with the loggers of libraries as they begin: a server that ran in this process leaves them changed."""
    factory = logging.getLogRecordFactory()
    loggers = [logging.getLogger(name) for name in LIBRARIES]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        monkeypatch.setattr(logger, "propagate", True)
        monkeypatch.setattr(logger, "disabled", False)
        monkeypatch.setattr(logger, "handlers", [])
        logger.setLevel(logging.NOTSET)
    configure_logs()
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    logging.setLogRecordFactory(factory)
    structlog.reset_defaults()
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers if not isinstance(handler, _JsonHandler)]


@pytest.mark.parametrize("address", ADDRESSES)
def test_tokens_are_cut_at_any_depth(address: str) -> None:
    assert TOKEN not in repr(without_tokens({"at": [address, {"again": (f"GET {address} HTTP/1.1",)}]}))


@pytest.mark.parametrize("address", ["/answer/again", "/residents/1", "/accounts/2/invitation", "/?page=2"])
def test_other_addresses_stay(address: str) -> None:
    assert without_tokens(address) == address


@pytest.mark.usefixtures("logs")
@pytest.mark.parametrize("address", ADDRESSES)
def test_the_access_log_of_uvicorn_has_none(address: str, caplog: pytest.LogCaptureFixture) -> None:
    """Only where an operator has left out `--no-access-log`."""
    with caplog.at_level(logging.INFO):
        values = ("127.0.0.1:1", "GET", address, "1.1", 200)
        logging.getLogger("uvicorn.access").info('%s - "%s %s HTTP/%s" %d', *values)
        logging.getLogger("celery.worker").warning(f"failed: {address}")
        logging.getLogger("httpx").info("HTTP Request: %s", Path(address))
    assert TOKEN not in caplog.text
    assert CUT in caplog.text
    line = AccessFormatter('%(client_addr)s "%(request_line)s" %(status_code)s').format(caplog.records[0])
    assert TOKEN not in line


@pytest.mark.usefixtures("logs")
@pytest.mark.parametrize("address", ADDRESSES)
def test_our_own_log_has_none(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()  # writes to the stderr of this moment, which capsys replaces once more after the fixture
    structlog.get_logger().error("request_failed", at=address, count=1)
    line = json.loads(capsys.readouterr().err)
    assert TOKEN not in str(line)
    assert line["count"] == 1


@pytest.mark.usefixtures("logs")
class TestLibraries:
    def test_a_line_of_a_library_is_json_too(self, capsys: pytest.CaptureFixture[str]) -> None:
        with structlog.contextvars.bound_contextvars(request_id="abc"):
            logging.getLogger("uvicorn.error").warning("Shutting %s", "down")
        line = json.loads(capsys.readouterr().err)
        assert line["event"] == "Shutting down"
        assert line["logger"] == "uvicorn.error"
        assert line["request_id"] == "abc"
        assert line["level"] == "warning"

    def test_a_failed_task_is_logged_without_the_message_of_its_error(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Celery puts the message into its own line, and the whole traceback."""
        app = Celery("tests", broker="memory://", set_as_current=False)

        @app.task(name="tests.fail")
        def fail() -> None:
            raise ValueError("王小明 13800001234")

        trace.build_tracer("tests.fail", fail, app=app, propagate=False)("number-1", (), {}, {"id": "number-1"})
        written = capsys.readouterr().err
        assert "王小明" not in written
        assert "13800001234" not in written
        line = json.loads(written)
        assert line["event"] == "task_failed"
        assert (line["task"], line["task_id"], line["error"]) == ("tests.fail", "number-1", "ValueError")


class TestRotation:
    def test_a_full_log_begins_anew_and_its_writers_go_on(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(logs_module, "LOG_BYTES", 100)
        path = tmp_path / "tuoju.log"
        with path.open("ab") as log, path.open("ab", buffering=0) as writer:
            for number in range(10):
                writer.write(f"{number}".encode() * 120)
                rotate(log, path)
            assert path.stat().st_size == 0
            writer.write(b"next")
        assert path.read_bytes() == b"next"
        kept = sorted(tmp_path.glob("tuoju.log.*"))
        assert [file.read_bytes()[:1] for file in kept] == [b"9", b"8", b"7", b"6", b"5"]

    def test_one_that_cannot_be_copied_stays_with_those_before_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def disk_is_full(_from: Path, to: Path) -> None:
            to.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(logs_module, "LOG_BYTES", 3)
        monkeypatch.setattr(shutil, "copyfile", disk_is_full)
        path, older = tmp_path / "tuoju.log", tmp_path / "tuoju.log.1"
        older.write_bytes(b"older")
        with path.open("ab", buffering=0) as log:
            log.write(b"line")
            rotate(log, path)
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
            path.name: b"line",
            older.name: b"older",
        }

    def test_one_that_is_not_full_stays(self, tmp_path: Path) -> None:
        path = tmp_path / "tuoju.log"
        with path.open("ab", buffering=0) as log:
            log.write(b"line")
            rotate(log, path)
        assert path.read_bytes() == b"line"


def commands() -> list[tuple[str, str]]:
    """Every line of a document or of the supervisor's that starts the web process."""
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "Makefile"]
    lines = [(path.name, line) for path in documents for line in path.read_text().splitlines()]
    return [(name, line) for name, line in lines if re.search(r"uvicorn\s+tuoju|tuoju web ", line)]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no file that is always full")
def test_a_full_disk_ends_nothing() -> None:
    code = "import structlog; from tuoju.launch.logs import configure_logs; configure_logs();"
    code += "structlog.get_logger().warning('x' * 9000); print('went on')"
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=full, text=True, check=False
        )
    assert ended.stdout == "went on\n"


def test_no_documented_command_logs_addresses() -> None:
    assert commands()
    assert [name for name, line in commands() if "uvicorn" in line and "--no-access-log" not in line] == []
