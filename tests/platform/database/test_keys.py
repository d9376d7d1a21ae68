"""What is sealed opens with its key under its own binding alone, in both suites."""

import pytest
from benchmarks.keys import invented_key
from hypothesis import given
from hypothesis import strategies as st

from tuoju.database.keys import AES, SM, SUITES, EncryptionError, KeyRing, Purpose, Suite, derive_key

BINDING = "resident.name:7"
both = pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)


def ring(suite: Suite = AES, *, current: str = "new", names: tuple[str, ...] = ("old", "new")) -> KeyRing:
    return KeyRing({name: invented_key(name) for name in names}, current, invented_key("web"), suite)


@both
class TestText:
    @given(text=st.text(max_size=200))
    def test_it_opens_under_its_binding(self, suite: Suite, text: str) -> None:
        keys = ring(suite)
        sealed = keys.seal(text, BINDING)
        assert sealed.startswith(f"{suite.name}:new:")
        assert keys.open(sealed, BINDING) == text
        assert keys.seal(text, BINDING) != sealed

    @pytest.mark.parametrize("binding", ["resident.name:8", "resident.phone:7", "alert.name:7", "resident.name:70", ""])
    def test_it_opens_under_no_other_binding(self, suite: Suite, binding: str) -> None:
        keys = ring(suite)
        with pytest.raises(EncryptionError):
            keys.open(keys.seal("张三", BINDING), binding)

    @given(data=st.data())
    def test_no_sign_of_it_can_be_changed(self, suite: Suite, data: st.DataObject) -> None:
        keys = ring(suite)
        sealed = keys.seal("张三", BINDING)
        position = data.draw(st.integers(0, len(sealed) - 1))
        sign = data.draw(st.sampled_from("ABab09+/=:"))
        changed = sealed[:position] + sign + sealed[position + 1 :]
        if changed != sealed:
            with pytest.raises(EncryptionError):
                keys.open(changed, BINDING)

    @given(data=st.data())
    def test_it_cannot_be_cut_short(self, suite: Suite, data: st.DataObject) -> None:
        keys = ring(suite)
        sealed = keys.seal("张三", BINDING)
        with pytest.raises(EncryptionError):
            keys.open(sealed[: data.draw(st.integers(0, len(sealed) - 1))], BINDING)

    def test_old_keys_open_and_missing_ones_do_not(self, suite: Suite) -> None:
        sealed = ring(suite, current="old").seal("张三", BINDING)
        assert ring(suite).open(sealed, BINDING) == "张三"
        with pytest.raises(EncryptionError, match="'old'"):
            ring(suite, names=("new",)).open(sealed, BINDING)

    def test_a_key_of_another_value_under_the_same_name_does_not_open(self, suite: Suite) -> None:
        other = KeyRing({"new": invented_key("another")}, "new", b"", suite)
        with pytest.raises(EncryptionError):
            other.open(ring(suite).seal("张三", BINDING), BINDING)


@both
class TestFile:
    @given(content=st.binary(max_size=2000))
    def test_it_opens_under_its_own_key_alone(self, suite: Suite, content: bytes) -> None:
        keys = ring(suite)
        sealed = keys.seal_bytes(content, "file:ab12")
        assert keys.open_bytes(sealed, "file:ab12") == content
        for changed, binding in ((sealed, "file:ab13"), (sealed[:-1], "file:ab12"), (b"", "file:ab12")):
            with pytest.raises(EncryptionError):
                keys.open_bytes(changed, binding)

    def test_a_sealed_column_is_no_file(self, suite: Suite) -> None:
        keys = ring(suite)
        assert keys.seal_bytes(b"x", BINDING)[:3] == keys.seal("x", BINDING)[:3].encode()
        with pytest.raises(EncryptionError):
            keys.open(keys.seal_bytes(b"x", BINDING).decode(errors="replace"), BINDING)


class TestSuites:
    def test_one_writes_while_both_are_read(self) -> None:
        by_aes, by_sm = ring(AES).seal("张三", BINDING), ring(SM).seal("张三", BINDING)
        for keys in (ring(AES), ring(SM)):
            assert {keys.open(by_aes, BINDING), keys.open(by_sm, BINDING)} == {"张三"}

    def test_the_name_of_the_suite_is_bound_too(self) -> None:
        sealed = ring(AES).seal("张三", BINDING)
        with pytest.raises(EncryptionError):
            ring(SM).open(sealed.replace("aes:", "sm:", 1), BINDING)

    def test_sm3_keys_the_hashes(self) -> None:
        assert ring(AES).blind_index("id:1") != ring(SM).blind_index("id:1")
        assert ring(AES).blind_indexes("id:1") == ring(SM).blind_indexes("id:1")


class TestIndex:
    def test_equal_texts_are_equal_under_one_key_only(self) -> None:
        assert ring().blind_index("id:1") == ring().blind_index("id:1")
        assert (
            len({ring().blind_index("id:1"), ring().blind_index("id:2"), ring(current="old").blind_index("id:1")}) == 3
        )

    def test_a_text_is_found_whatever_key_and_suite_indexed_it(self) -> None:
        written = {
            ring(suite, current=name).blind_index("id:1") for suite in SUITES.values() for name in ("old", "new")
        }
        assert written == set(ring().blind_indexes("id:1"))


class TestDerivedKeys:
    def test_every_purpose_and_suite_has_a_key_of_its_own(self) -> None:
        master = invented_key("new")
        derived = [derive_key(master, purpose, suite=suite) for purpose in Purpose for suite in SUITES.values()]
        assert len({master, *derived}) == 1 + len(derived)

    def test_the_derivation_stays_as_it_is(self) -> None:
        """Another derivation would lose all data. The value is HKDF-SHA-256 with info "tuoju/aes/files"."""
        assert derive_key(b"\x0b" * 32, Purpose.files).hex() == (
            "445aa7df6733f8da17c84a48cabaeae05097b255e870d9c2cbb3ac4801b6dfdd"
        )
