"""An S3-compatible server for tests."""

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import httpx2
from moto.server import ThreadedMotoServer

BUCKET = "tuoju-files"
ACCESS_KEY = SECRET_KEY = "testing"


@contextmanager
def bucket_server() -> Iterator[str]:
    """The address of a server that has an empty bucket BUCKET."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        # All servers of one process keep their buckets in the same memory.
        httpx2.post(f"{endpoint}/moto-api/reset").raise_for_status()
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )
        client.create_bucket(Bucket=BUCKET)
        yield endpoint
    finally:
        server.stop()
