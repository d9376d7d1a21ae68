"""One person, one file as an archive: the PDF, its events as JSON, the attachments, and a list of SHA-256 sums."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence

from tuoju.reports.history import Event
from tuoju.reports.issuing import sha256_of

CHECKSUMS = "SHA256SUMS"
"""The name of the list, which `sha256sum -c SHA256SUMS` checks in the unpacked folder."""
_DATE = (2020, 1, 1, 0, 0, 0)
"""The date of every entry of the zip."""


def events_as_json(number: str, events: Sequence[Event], words: Callable[[Event], str]) -> bytes:
    """Every event of a file in order as JSON; `number` is the number of the file, `words` says what happened."""
    entries = [
        {
            "at": event.at.isoformat(),
            "what": event.kind.value,
            "words": words(event),
            "by": event.by,
            "case": event.case_id,
            "text": event.text or event.purpose,
            "amount": event.amount,
        }
        for event in events
    ]
    return json.dumps({"file": number, "entries": entries}, ensure_ascii=False, indent=1).encode()


def archive_of(files: Mapping[str, bytes]) -> bytes:
    """The files and their SHA-256 sums as a zip. The same files give the same bytes."""
    checksums = "".join(f"{sha256_of(content)}  {name}\n" for name, content in files.items())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**files, CHECKSUMS: checksums.encode()}.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
