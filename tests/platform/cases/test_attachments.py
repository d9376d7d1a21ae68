"""Papers and photos of a case: what is stored of an upload, who may read it, and that no file is lost or left over."""

import io
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sqlmodel import Session, select

from factories.accounts import CITY, make_actor
from factories.cases import make_case
from tuoju.accounts.errors import NotPermitted
from tuoju.accounts.models import AuditEntry, Role
from tuoju.cases.attachments import (
    MAX_BYTES,
    add_attachment,
    attachments_of,
    clean_upload,
    get_attachment,
    read_attachment,
    remove_attachment,
    sweep,
)
from tuoju.cases.errors import AttachmentNotFound, FileTooLarge, FileTypeRefused, ReasonRequired
from tuoju.cases.models import Attachment, AttachmentKind
from tuoju.database import sealed_files
from tuoju.database.file_stores import FolderStore
from tuoju.database.keys import EncryptionError
from tuoju.database.records import frozen_time, now
from tuoju.database.sealed_files import KEPT_ASIDE, MOST_STRAYS, Sweep, get_file, put_file
from tuoju.parsing.photos import MAX_SIDE_PIXELS
from tuoju_notifications.copies import mark_as_copy

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def photo(width: int = 40, height: int = 30, *, form: str = "JPEG", place: bool = True) -> bytes:
    image = Image.new("RGB", (width, height), (200, 180, 160))
    exif = Image.Exif()
    if place:
        exif[0x0110] = "Phone 7"
        exif.get_ifd(0x8825)[1] = "N"
        exif.get_ifd(0x8825)[2] = (32.0, 6.0, 7.0)
        exif[0x0112] = 6
    file = io.BytesIO()
    image.save(file, form, exif=exif)
    return file.getvalue()


def test_a_photo_loses_place_time_and_device_and_is_turned_upright() -> None:
    stored = clean_upload(photo(40, 30))
    with Image.open(io.BytesIO(stored.content)) as image:
        assert image.size == (30, 40)
        assert dict(image.getexif()) == {}
    assert stored.media_type == "image/jpeg"
    assert b"Phone 7" not in stored.content


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_photo_loses_its_comments(form: str) -> None:
    file, texts = io.BytesIO(), PngInfo()
    texts.add_text("Comment", "Phone 7 at home")
    Image.new("RGB", (40, 30)).save(file, form, comment=b"Phone 7 at home", pnginfo=texts)
    assert b"Phone 7" in file.getvalue()
    assert b"Phone 7" not in clean_upload(file.getvalue()).content


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
def test_a_large_photo_is_scaled_down(form: str) -> None:
    stored = clean_upload(photo(MAX_SIDE_PIXELS * 2, 400, form=form, place=False))
    with Image.open(io.BytesIO(stored.content)) as image:
        assert image.format == "JPEG"
        assert max(image.size) == MAX_SIDE_PIXELS


@pytest.mark.parametrize(
    "content",
    [b"", b"MZ\x90\x00", b"<html><script>1</script>", b"%PDF-1.7 cut off", b"GIF89a\x01\x00", b"\xff\xd8\xff"],
)
def test_content_that_is_no_photo_or_pdf_is_refused(content: bytes) -> None:
    with pytest.raises(FileTypeRefused):
        clean_upload(content)


@given(st.binary(max_size=400))
def test_random_content_is_accepted_or_refused_but_never_crashes(content: bytes) -> None:
    for sample in (content, photo(4, 4)[:100] + content, b"\x89PNG\r\n\x1a\n" + content):
        with suppress(FileTypeRefused):
            clean_upload(sample)


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(FileTooLarge):
        clean_upload(PDF + b" " * MAX_BYTES)


def test_the_same_paper_is_stored_once_and_its_reading_is_audited(session: Session) -> None:
    """社会救助法 art. 70(6): every reading of personal data is audited."""
    officer = make_actor(session)
    case = make_case(session, officer)
    attachment = add_attachment(
        session, officer, case, kind=AttachmentKind.receipt, name="C:\\票据\\收条.pdf", file=clean_upload(PDF)
    )
    again = add_attachment(
        session, officer, case, kind=AttachmentKind.receipt, name="收条2.pdf", file=clean_upload(PDF)
    )
    assert (again.pk, attachment.name, attachment.media_type) == (attachment.pk, "收条.pdf", "application/pdf")
    assert read_attachment(session, officer, get_attachment(session, officer, attachment.pk), purpose="check") == PDF
    actions = session.exec(select(AuditEntry.action).where(AuditEntry.subject_id == str(case.pk))).all()
    assert actions.count("read_attachment") == 1


def test_attachments_out_of_scope_or_role_are_refused(session: Session) -> None:
    officer = make_actor(session)
    case = make_case(session, officer)
    attachment = add_attachment(session, officer, case, kind=AttachmentKind.other, name="x", file=clean_upload(PDF))
    with pytest.raises(NotPermitted):
        get_attachment(session, make_actor(session, role=Role.program_manager, region_code=CITY), attachment.pk)
    elsewhere = make_actor(session, region_code="341102010003")
    with pytest.raises(Exception, match=r"^$"):
        get_attachment(session, elsewhere, attachment.pk)


def test_a_removed_paper_leaves_the_file_but_stays_stored(session: Session) -> None:
    """社会救助法 art. 70(4): files are not destroyed."""
    officer = make_actor(session)
    case = make_case(session, officer)
    attachment = add_attachment(session, officer, case, kind=AttachmentKind.other, name="x", file=clean_upload(PDF))
    with pytest.raises(ReasonRequired):
        remove_attachment(session, officer, attachment, reason=" ")
    remove_attachment(session, officer, attachment, reason="放错了")
    assert attachments_of(session, case) == []
    with pytest.raises(AttachmentNotFound):
        get_attachment(session, officer, attachment.pk)
    assert get_file(attachment.file_key) == PDF


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sealed_files, "_store", FolderStore(tmp_path))
    return tmp_path


def test_files_are_sealed_and_open_only_under_their_own_key(folder: Path) -> None:
    first, second = put_file(PDF), put_file(b"other")
    paths = {path.name: path for path in folder.glob("*/*")}
    assert b"%PDF" not in paths[first].read_bytes()
    paths[first].write_bytes(paths[second].read_bytes())
    with pytest.raises(EncryptionError):
        get_file(first)
    with pytest.raises(EncryptionError):
        get_file("0" * 32)


TOMORROW = timedelta(days=1)


def names(folder: Path, pattern: str = "[0-9a-f][0-9a-f]/*") -> set[str]:
    return {path.name for path in folder.glob(pattern)}


class TestSweep:
    def test_a_stray_is_set_aside_and_destroyed_later(self, session: Session, folder: Path) -> None:
        """A rolled-back upload leaves its file behind."""
        officer = make_actor(session)
        case = make_case(session, officer)
        attachment = add_attachment(session, officer, case, kind=AttachmentKind.other, name="x", file=clean_upload(PDF))
        stray = put_file(b"stray")
        assert sweep(session, now() - TOMORROW) == Sweep()
        assert sweep(session, now() + TOMORROW) == Sweep(strays=1)
        assert (names(folder), names(folder, "quarantine/*")) == ({attachment.file_key}, {stray})
        with frozen_time(now() + KEPT_ASIDE + TOMORROW):
            assert sweep(session, now() - TOMORROW) == Sweep(destroyed=1)
        assert names(folder, "*/*") == {attachment.file_key}

    def test_nothing_is_lost_when_an_older_database_was_put_back(self, session: Session, folder: Path) -> None:
        """Its rows do not know the files of the days since: the sweep stops, and says so in the audit."""
        files = {put_file(b"paper of a later day") for _ in range(MOST_STRAYS + 1)}
        done = sweep(session, now() + TOMORROW)
        assert done == Sweep(strays=MOST_STRAYS + 1, stopped=True)
        assert names(folder, "*/*") == files
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "sweep_files")).one()
        assert (entry.subject_id, entry.detail["strays"]) == ("stopped", MOST_STRAYS + 1)

    def test_a_restored_copy_moves_nothing(self, session: Session, folder: Path) -> None:
        """Its files may be those of the live installation."""
        files = {put_file(b"stray")}
        mark_as_copy(session, now())
        assert sweep(session, now() + TOMORROW) == Sweep()
        assert names(folder, "*/*") == files

    def test_a_file_comes_back_with_the_newer_database(self, session: Session, folder: Path) -> None:
        officer = make_actor(session)
        case = make_case(session, officer)
        with session.begin_nested() as later_days:
            attachment = add_attachment(
                session, officer, case, kind=AttachmentKind.other, name="x", file=clean_upload(PDF)
            )
            key, row = attachment.file_key, attachment.model_dump(exclude={"id"})
            later_days.rollback()
        assert sweep(session, now() + TOMORROW) == Sweep(strays=1)
        session.add(Attachment(**row))
        session.flush()
        assert sweep(session, now() + TOMORROW) == Sweep(taken_back=1)
        assert get_file(key) == PDF
