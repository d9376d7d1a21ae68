"""One person, one file as an archive: the PDF, its entries as JSON, the attachments, and a list of their seals."""

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence

from tuoju.reports.history import Event
from tuoju.reports.issuing import sha256_of

SEALS = "SHA256SUMS"
"""Checked by `sha256sum -c SHA256SUMS` in the unpacked folder."""
_DAY = (2020, 1, 1, 0, 0, 0)


def told_as_json(number: str, events: Sequence[Event], words: Callable[[Event], str]) -> bytes:
    """Every entry of a file in order, as other archives can read it."""
    entries = [
        {
            "at": each.at.isoformat(),
            "what": each.kind.value,
            "words": words(each),
            "by": each.by,
            "case": each.case_id,
            "text": each.text,
            "amount": each.amount,
        }
        for each in events
    ]
    return json.dumps({"file": number, "entries": entries}, ensure_ascii=False, indent=1).encode()


def archive_of(files: Mapping[str, bytes]) -> bytes:
    """The files and their seals as a zip; the same files give the same bytes."""
    seals = "".join(f"{sha256_of(content)}  {name}\n" for name, content in files.items())
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**files, SEALS: seals.encode()}.items():
            archive.writestr(zipfile.ZipInfo(name, _DAY), content, zipfile.ZIP_DEFLATED)
    return kept.getvalue()
