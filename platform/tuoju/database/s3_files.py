"""The file store in an S3-compatible bucket. Needs the extra `s3` (boto3), so only `launch.file_store` imports it."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from tuoju.database.file_stores import FileGone, StoredFile

CONNECT_SECONDS = 5
READ_SECONDS = 20
TRIES = 3
_GONE = frozenset({"404", "NoSuchKey", "NotFound"})


class S3Store:
    """Files in a bucket, below `prefix`. S3 replaces an object as a whole, and keeps no time but that of the writing.

    `endpoint` is empty for Amazon; without `access_key` boto3 looks for credentials where it always does.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        endpoint: str = "",
        region: str = "",
        access_key: str = "",
        secret_key: str = "",
    ) -> None:
        self.bucket, self.prefix = bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint or None,
            region_name=region or "us-east-1",
            aws_access_key_id=access_key or None,
            aws_secret_access_key=secret_key or None,
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"max_attempts": TRIES, "mode": "standard"},
                # Stores other than Amazon's refuse the checksums that boto3 adds by itself; the bytes are authenticated
                # when they are opened.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path"} if endpoint else {},
            ),
        )

    def put(self, key: str, content: bytes, *, written_at: datetime | None = None) -> None:
        self._client.put_object(Bucket=self.bucket, Key=self._name(key), Body=content)

    def get(self, key: str, *, first: int | None = None) -> bytes:
        options = {} if first is None else {"Range": f"bytes=0-{first - 1}"}
        try:
            answer = self._client.get_object(Bucket=self.bucket, Key=self._name(key), **options)
        except ClientError as error:
            raise _gone(key, error) from error
        content: bytes = answer["Body"].read()
        return content

    def exists(self, key: str) -> bool:
        try:
            self.written_at(key)
        except FileGone:
            return False
        return True

    def written_at(self, key: str) -> datetime:
        try:
            moment: datetime = self._client.head_object(Bucket=self.bucket, Key=self._name(key))["LastModified"]
        except ClientError as error:
            raise _gone(key, error) from error
        return moment

    def delete(self, key: str) -> None:
        for name in (self._name(key), self._name_aside(key)):
            self._client.delete_object(Bucket=self.bucket, Key=name)

    def list(self) -> Iterator[StoredFile]:
        yield from self._list(f"{self.prefix}files/")

    def set_aside(self, key: str) -> None:
        with suppress(FileGone):
            self._move(key, self._name(key), self._name_aside(key))

    def take_back(self, key: str) -> None:
        self._move(key, self._name_aside(key), self._name(key))

    def list_aside(self) -> Iterator[StoredFile]:
        yield from self._list(f"{self.prefix}quarantine/")

    def _move(self, key: str, source: str, target: str) -> None:
        try:
            self._client.copy_object(Bucket=self.bucket, Key=target, CopySource={"Bucket": self.bucket, "Key": source})
        except ClientError as error:
            raise _gone(key, error) from error
        self._client.delete_object(Bucket=self.bucket, Key=source)

    def _list(self, prefix: str) -> Iterator[StoredFile]:
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                yield StoredFile(entry["Key"].removeprefix(prefix), entry["LastModified"])

    def _name(self, key: str) -> str:
        return f"{self.prefix}files/{key}"

    def _name_aside(self, key: str) -> str:
        return f"{self.prefix}quarantine/{key}"


def _gone(key: str, error: ClientError) -> Exception:
    """FileGone if that is what the store said, else its error."""
    return FileGone(key) if error.response.get("Error", {}).get("Code") in _GONE else error
