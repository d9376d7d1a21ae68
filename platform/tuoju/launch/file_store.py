"""Opens the file store that TUOJU_FILES names."""

from importlib import import_module
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tuoju.database.file_stores import FileStore, FolderStore
from tuoju.launch.settings import DataSettings

S3_OPTIONS = frozenset({"endpoint", "region"})


class BadFileStore(ValueError):
    """TUOJU_FILES does not name a store that can be used; says what to do."""


def open_file_store(settings: DataSettings) -> FileStore:
    """The store: a folder, by default `files` in the data folder, or `s3://bucket/prefix?endpoint=...&region=...`.

    Raises BadFileStore.
    """
    address = settings.files or str(settings.data_folder / "files")
    if not address.startswith("s3:"):
        return FolderStore(Path(address))
    parts = urlsplit(address)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if not parts.netloc or options.keys() - S3_OPTIONS:
        raise BadFileStore("TUOJU_FILES must read s3://bucket/prefix?endpoint=https://...&region=...")
    try:
        s3_files = import_module("tuoju.database.s3_files")
    except ModuleNotFoundError as error:
        raise BadFileStore("TUOJU_FILES names a bucket, which needs boto3: pip install 'tuoju[s3]'") from error
    store: FileStore = s3_files.S3Store(
        parts.netloc,
        parts.path,
        access_key=settings.files_access_key.get_secret_value(),
        secret_key=settings.files_secret_key.get_secret_value(),
        **options,
    )
    return store
