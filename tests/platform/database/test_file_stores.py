"""Both file stores keep the same promises."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from factories.buckets import ACCESS_KEY, BUCKET, SECRET_KEY, bucket_server
from factories.full_disks import largest_file
from tuoju.database import sealed_files
from tuoju.database.file_stores import FileGone, FileStore, FolderStore
from tuoju.database.keys import EncryptionError
from tuoju.database.s3_files import S3Store
from tuoju.database.sealed_files import all_files, get_file, header_of, put_file, remove_file
from tuoju.launch.file_store import BadFileStore, open_file_store
from tuoju.launch.settings import DataSettings

KEY, OTHER = "a" * 32, "b" * 32


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with bucket_server() as address:
        yield address


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, endpoint: str) -> FileStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "files")
    prefix = f"test/{tmp_path.name}"
    return S3Store(BUCKET, prefix, endpoint=endpoint, access_key=ACCESS_KEY, secret_key=SECRET_KEY)


class TestEveryStore:
    def test_it_keeps_what_was_put(self, store: FileStore) -> None:
        store.put(KEY, b"first")
        store.put(KEY, b"second")
        assert (store.get(KEY), store.get(KEY, first=3), store.exists(KEY)) == (b"second", b"sec", True)
        assert abs(store.written_at(KEY) - datetime.now(UTC)) < timedelta(minutes=1)
        assert [stored.key for stored in store.list()] == [KEY]

    def test_what_is_gone_is_said(self, store: FileStore) -> None:
        assert not store.exists(KEY)
        assert list(store.list()) == list(store.list_aside()) == []
        for ask in (store.get, store.written_at, store.take_back):
            with pytest.raises(FileGone):
                ask(KEY)
        store.delete(KEY)
        store.set_aside(KEY)

    def test_a_file_is_set_aside_and_taken_back(self, store: FileStore) -> None:
        store.put(KEY, b"content")
        store.put(OTHER, b"other")
        store.set_aside(KEY)
        assert ({stored.key for stored in store.list()}, store.exists(KEY)) == ({OTHER}, False)
        assert [stored.key for stored in store.list_aside()] == [KEY]
        store.take_back(KEY)
        assert (store.get(KEY), list(store.list_aside())) == (b"content", [])

    def test_deleting_destroys_what_was_set_aside_too(self, store: FileStore) -> None:
        store.put(KEY, b"content")
        store.set_aside(KEY)
        store.delete(KEY)
        assert list(store.list_aside()) == []

    def test_it_sees_sealed_bytes_only(self, store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sealed_files, "_store", store)
        key = put_file(b"a paper")
        assert b"a paper" not in store.get(key)
        assert (get_file(key), list(all_files())) == (b"a paper", [key])
        assert store.get(key).startswith(header_of(key).encode())
        remove_file(key)
        with pytest.raises(EncryptionError):
            get_file(key)


def test_only_their_owner_reads_files_of_a_folder(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "files")
    store.put(KEY, b"content")
    path = tmp_path / "files" / KEY[:2] / KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [left.name for left in path.parent.iterdir()] == [KEY]


def test_a_full_disk_keeps_what_was_there_and_no_half_file(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put(KEY, b"first")
    with largest_file(10), pytest.raises(OSError, match="too large"):
        store.put(KEY, b"second" * 10)
    assert [path.name for path in tmp_path.glob("*/*")] == [KEY]
    assert store.get(KEY) == b"first"


class TestSetting:
    def test_it_names_a_folder(self, tmp_path: Path) -> None:
        default = open_file_store(DataSettings(data_folder=tmp_path))
        other = open_file_store(DataSettings(data_folder=tmp_path, files=str(tmp_path / "shared")))
        assert isinstance(default, FolderStore)
        assert isinstance(other, FolderStore)
        assert (default.folder, other.folder) == (tmp_path / "files", tmp_path / "shared")

    def test_it_names_a_bucket(self, endpoint: str) -> None:
        address = f"s3://{BUCKET}/city?endpoint={endpoint}&region=cn-east-1"
        store = open_file_store(DataSettings(files=address, files_access_key=ACCESS_KEY, files_secret_key=SECRET_KEY))
        assert isinstance(store, S3Store)
        store.put(KEY, b"content")
        elsewhere = S3Store(BUCKET, "city", endpoint=endpoint, access_key=ACCESS_KEY, secret_key=SECRET_KEY)
        assert elsewhere.get(KEY) == b"content"

    @pytest.mark.parametrize("address", ["s3://", "s3://bucket?endpiont=http://x", "s3:/bucket"])
    def test_a_wrong_one_is_refused(self, address: str) -> None:
        with pytest.raises(BadFileStore):
            open_file_store(DataSettings(files=address))
