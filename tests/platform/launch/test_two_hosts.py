"""Two web hosts over one database and one bucket: what one keeps, the other reads."""

from pathlib import Path

from factories.accounts import PASSWORD, make_user
from factories.buckets import ACCESS_KEY, BUCKET, SECRET_KEY, bucket_server
from factories.cases import make_case
from factories.databases import UnitOfWork
from factories.hosts import SignedIn, production_settings, web_host
from tuoju.accounts.queries import actor_of
from tuoju.cases.models import Attachment
from tuoju.database.s3_files import S3Store

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def test_an_attachment_of_one_host_is_read_at_the_other(
    unit_of_work: UnitOfWork, database_url: str, tmp_path: Path
) -> None:
    with unit_of_work.write() as session:
        user = make_user(session)
        case = make_case(session, actor_of(user))
        username, case_id = user.username, case.pk
    with bucket_server() as endpoint:
        bucket = {
            "TUOJU_FILES": f"s3://{BUCKET}/city?endpoint={endpoint}",
            "TUOJU_FILES_ACCESS_KEY": ACCESS_KEY,
            "TUOJU_FILES_SECRET_KEY": SECRET_KEY,
        }
        first, second = (production_settings(database_url, tmp_path / host, **bucket) for host in ("one", "two"))
        with web_host(first) as address, web_host(second) as other_address:
            files = {"files": ("a.pdf", PDF, "application/pdf")}
            worker = SignedIn(address, username, PASSWORD)
            assert worker.post(f"/cases/{case_id}/attachments", {"kind": "other"}, files=files).status_code == 200
            with unit_of_work.read() as session:
                attachment = session.get_one(Attachment, 1)
                key, row_id = attachment.file_key, attachment.pk
            colleague = SignedIn(other_address, username, PASSWORD)
            answer = colleague.post(f"/attachments/{row_id}", {"purpose": "visit"})
        assert (answer.status_code, answer.content) == (200, PDF)
        store = S3Store(BUCKET, "city", endpoint=endpoint, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
        assert [stored.key for stored in store.list()] == [key]
        assert PDF not in store.get(key)
    assert not (tmp_path / "one" / "files").exists()
