"""What is sealed opens for its recipient alone, whole or not at all."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuoju.backups import envelope
from tuoju.backups.envelope import (
    CHUNK,
    OpenedReader,
    Opener,
    Recipient,
    SealedWriter,
    make_identity,
    opened_chunks,
    read_identity,
    read_recipient,
)
from tuoju.backups.errors import BadKey, CannotOpen

IDENTITY, RECIPIENT = make_identity()


def sealed(content: bytes, recipient: Recipient | None = None) -> bytes:
    target = io.BytesIO()
    writer = SealedWriter(target, recipient or read_recipient(RECIPIENT))
    writer.write(content)
    writer.finish()
    return target.getvalue()


def opened(stream: bytes, opener: Opener | None = None) -> bytes:
    return b"".join(opened_chunks(io.BytesIO(stream), opener or read_identity(IDENTITY)))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_the_recipient_opens_it(size: int) -> None:
    content = bytes(range(256)) * (size // 256) + bytes(size % 256)
    stream = sealed(content)
    assert opened(stream) == content
    assert content[:64] not in stream or size < 64
    assert sealed(content) != stream


@given(st.lists(st.integers(0, 200_000), max_size=6))
def test_it_reads_like_a_file(sizes: list[int]) -> None:
    content = b"0123456789" * 20_000
    reader = OpenedReader(io.BytesIO(sealed(content)), read_identity(IDENTITY))
    pieces = [reader.read(size) for size in sizes]
    assert [len(piece) for piece in pieces[:1]] == [min(size, len(content)) for size in sizes[:1]]
    assert b"".join([*pieces, reader.read()]) == content
    assert reader.read(1) == b""


def test_another_identity_does_not_open_it() -> None:
    with pytest.raises(CannotOpen):
        opened(sealed(b"content"), read_identity(make_identity()[0]))
    with pytest.raises(CannotOpen, match="--identity"):
        opened(sealed(b"content"), Opener(passphrase="any"))


def test_a_passphrase_opens_what_it_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "SCRYPT_COST", 2**10)
    stream = sealed(b"content", Recipient(passphrase="a long passphrase"))
    assert opened(stream, Opener(passphrase="a long passphrase")) == b"content"
    for opener in (Opener(passphrase="another"), read_identity(IDENTITY)):
        with pytest.raises(CannotOpen):
            opened(stream, opener)


def test_no_bit_may_change() -> None:
    stream = sealed(b"content")
    for position in range(len(stream)):
        changed = stream[:position] + bytes([stream[position] ^ 1]) + stream[position + 1 :]
        with pytest.raises(CannotOpen):
            opened(changed)


def test_no_chunk_may_be_cut_off_moved_or_added() -> None:
    stream = sealed(bytes(3 * CHUNK))
    start, step = stream.index(b"\n") + 1, CHUNK + 16
    header, chunks = stream[:start], [stream[at : at + step] for at in range(start, len(stream), step)]
    for wrong in (chunks[:-1], chunks[1:], [chunks[1], chunks[0], chunks[2]], [*chunks, chunks[2]], []):
        with pytest.raises(CannotOpen):
            opened(header + b"".join(wrong))


@pytest.mark.parametrize(
    "text",
    ["", "tuoju-recipient-", "tuoju-recipient-AAAA", IDENTITY, f"{RECIPIENT} {RECIPIENT}"],
    ids=["empty", "no key", "short", "identity", "two"],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        read_recipient(text)
