"""The papers and photos of a form, as they are stored."""

from dataclasses import dataclass

from starlette.datastructures import FormData, UploadFile

from tuoju.cases.attachments import MAX_BYTES, CleanFile, clean_upload
from tuoju.cases.errors import FileTooLarge


@dataclass(frozen=True)
class NamedFile:
    """An upload, and what its sender calls it."""

    name: str
    file: CleanFile


def uploads_of(form: FormData) -> list[NamedFile]:
    """The files of the field `files`. Asked for before the first query: it takes a moment, and a transaction that has
    begun would hold its connection, and on SQLite the write lock, meanwhile.

    Raises FileTooLarge, FileTypeRefused, FileNotParsed.
    """
    files = [file for file in form.getlist("files") if isinstance(file, UploadFile) and file.filename]
    if any((file.size or 0) > MAX_BYTES for file in files):
        raise FileTooLarge(MAX_BYTES)
    return [NamedFile(name := file.filename or "", clean_upload(file.file.read(), name)) for file in files]
