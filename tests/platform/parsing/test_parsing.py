"""Files of others are opened in children: what breaks one, or costs too much, is an error that names the file."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from PIL import Image

from factories import hostile_files
from tuoju.parsing import service
from tuoju.parsing.errors import Failure, FileNotParsed, PhotoTooLarge, PhotoUnreadable
from tuoju.parsing.photos import clean_photo
from tuoju.parsing.service import parse
from tuoju_projects.workbooks import SheetError, read_workbook

posix = pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the memory of a process")


def child(_content: bytes) -> int:
    return os.getpid()


def end(_content: bytes) -> None:
    os.kill(os.getpid(), signal.SIGABRT)


def never_end(_content: bytes) -> None:
    signal.sigwait([signal.SIGUSR1])


def fill_memory(_content: bytes) -> int:
    return len(b"x" * 10_000_000_000)


def recurse(content: bytes) -> None:
    recurse(content)


class TestChildren:
    def test_work_is_done_in_another_process(self) -> None:
        assert parse(child, b"", file_name="a") != os.getpid()

    @pytest.mark.parametrize(
        ("function", "failure"),
        [
            pytest.param(end, Failure.crash, marks=posix),
            pytest.param(fill_memory, Failure.memory, marks=posix),
            (recurse, Failure.crash),
        ],
    )
    def test_a_parser_that_breaks_is_an_error_that_names_the_file(
        self, function: Callable[[bytes], object], failure: Failure
    ) -> None:
        with pytest.raises(FileNotParsed) as error:
            parse(function, b"", file_name="名单.xlsx")
        assert (error.value.file_name, error.value.failure) == ("名单.xlsx", failure)
        assert parse(child, b"", file_name="a")

    @posix
    def test_a_parser_that_does_not_end_is_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "SECONDS", 0.5)
        with pytest.raises(FileNotParsed) as error:
            parse(never_end, b"", file_name="a")
        assert error.value.failure is Failure.time
        monkeypatch.undo()
        assert parse(child, b"", file_name="a")

    def test_the_errors_of_a_parser_are_its_own(self) -> None:
        with pytest.raises(PhotoUnreadable):
            parse(clean_photo, b"nothing", file_name="a")
        with pytest.raises(SheetError) as error:
            parse(read_workbook, b"PK\x03\x04", file_name="a")
        assert error.value.code == "unreadable"

    def test_a_process_that_has_opened_files_ends(self) -> None:
        """Its children do not keep it, nor do they stay."""
        code = (
            "from tuoju.parsing.service import parse\n"
            "from tuoju_projects.workbooks import read_workbook\n"
            "print(parse(read_workbook, b'a,b', file_name='a'))"
        )
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
        assert ended.stdout.strip() == "[[['a', 'b']]]"

    def test_what_children_import_is_light(self) -> None:
        code = "import sys\nfrom importlib import import_module\nfrom tuoju.parsing.service import IMPORTED\n"
        code += "[import_module(name) for name in IMPORTED]\nprint(sorted(sys.modules))"
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        heavy = ("sqlalchemy", "numpy", "pydantic", "fastapi", "celery", "jinja2")
        assert [name for name in heavy if f"'{name}'" in ended.stdout] == []


class TestHostileFiles:
    """Each ends in an error or in a harmless result, and the next file is opened as ever."""

    @pytest.mark.parametrize("make", hostile_files.SHEETS)
    def test_no_sheet_breaks_the_process(self, make: Callable[[], bytes]) -> None:
        content = make()
        assert len(content) < 5_000_000
        try:
            lines = [line for sheet in parse(read_workbook, content, file_name="a") for line in sheet]
        except (SheetError, FileNotParsed):
            return
        assert sum(map(len, lines)) <= 1_000_000

    @pytest.mark.parametrize("make", hostile_files.PHOTOS)
    def test_no_photo_breaks_the_process(self, make: Callable[[], bytes]) -> None:
        content = make()
        assert len(content) < 5_000_000
        try:
            photo = parse(clean_photo, content, file_name="a")
        except (PhotoUnreadable, PhotoTooLarge, FileNotParsed):
            return
        with Image.open(io.BytesIO(photo)) as image:
            assert max(image.size) <= 2000

    def test_the_photo_of_a_phone_is_taken(self) -> None:
        """108 million pixels, the most that phones take."""
        photo = io.BytesIO()
        Image.effect_noise((1_200, 900), 60).resize((12_000, 9_000)).convert("RGB").save(photo, "JPEG", quality=60)
        with Image.open(io.BytesIO(parse(clean_photo, photo.getvalue(), file_name="a"))) as image:
            assert image.size == (2000, 1500)
