"""The papers and photos of a form, as they are stored: opened before the transaction of the form begins."""

from dataclasses import dataclass
from typing import Any

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from tuoju.cases.attachments import MAX_BYTES, CleanFile, clean_upload
from tuoju.cases.errors import FileTooLarge
from tuoju.web.kit.dependencies import BareForm


@dataclass(frozen=True)
class NamedFile:
    """An upload, and what its sender calls it."""

    name: str
    file: CleanFile


def _open_uploads(request: Request, form: BareForm) -> None:
    """Raises FileTooLarge, FileTypeRefused, FileNotParsed."""
    files = [file for file in form.getlist("files") if isinstance(file, UploadFile) and file.filename]
    if any((file.size or 0) > MAX_BYTES for file in files):
        raise FileTooLarge(MAX_BYTES)
    request.state.uploads = [
        NamedFile(name := file.filename or "", clean_upload(file.file.read(), name)) for file in files
    ]
    for file in files:
        file.file.seek(0)


def opens_uploads() -> Any:
    """A dependency of a route whose form has the field `files`, after those that say who may send it. It runs before
    the parameters of the route, hence before the key of the form is claimed: opening a photo takes a moment, and a
    transaction that has begun would hold its connection, and on SQLite the write lock, meanwhile."""
    return Depends(_open_uploads)


def uploads_of(request: Request) -> list[NamedFile]:
    """The files of the form that the request posted."""
    uploads: list[NamedFile] = request.state.uploads
    return uploads
