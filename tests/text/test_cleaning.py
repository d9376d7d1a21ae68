"""The way in for text: what nobody sees is gone, and one character has one code."""

import doctest
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tuoju_text.cleaning
import tuoju_text.folding
from tuoju_text.cleaning import cleaned, person_name
from tuoju_text.folding import common_forms, folded

ANY_TEXT = st.text(st.characters(), max_size=40)
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
UNSEEN = ("\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\ufe0f", "\U000e0101", "\u202e", "\x07", "\x7f", "\ufffe")
GAPS = (" ", "\u3000", "\u00a0", "\u2009", "\t", "  ", "\u2028", "\u2029", "\u0085", "\v", "\f")


@pytest.mark.parametrize("module", [tuoju_text.cleaning, tuoju_text.folding], ids=lambda module: module.__name__)
def test_the_examples_are_correct(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


class TestCleaned:
    @pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
    def test_what_has_no_width_is_removed_wherever_it_stands(self, unseen: str) -> None:
        assert cleaned(f"{unseen}黄{unseen}庵村{unseen}") == "黄庵村"

    @pytest.mark.parametrize("unkeepable", ["\0", "\ud800"], ids=ascii)
    def test_what_no_database_keeps_is_removed(self, unkeepable: str) -> None:
        assert cleaned(f"东{unkeepable}头") == "东头"

    @pytest.mark.parametrize("gap", GAPS, ids=ascii)
    def test_white_space_is_a_space_and_none_at_the_ends(self, gap: str) -> None:
        assert cleaned(f"{gap}东头{gap}3号{gap}").replace("  ", " ") == "东头 3号"

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=ascii)
    def test_one_line_end(self, end: str) -> None:
        assert cleaned(f"东头{end}西头") == "东头\n西头"

    def test_full_width_digits_and_letters_become_half_width_and_punctuation_stays(self) -> None:
        assert cleaned("３４１１９９Ｘ，（东头）：好！") == "341199X，（东头）：好！"

    def test_a_compatibility_ideograph_becomes_the_common_one(self) -> None:
        assert cleaned("\uf9d1") == "六"

    @pytest.mark.parametrize(
        ("private", "successor"),
        [
            ("\ue863", "䶮"),
            ("\ue7c8", "ǹ"),
            ("\ue7e7", "〾"),
            ("\ue7e8", "⿰"),
            ("\ue81e", "龴"),
            ("\ue864", "龻"),
        ],
        ids=ascii,
    )
    def test_private_use_with_a_successor_is_replaced(self, private: str, successor: str) -> None:
        assert cleaned(private) == successor

    def test_private_use_without_a_successor_stays_to_be_seen(self) -> None:
        assert cleaned("\ue000") == "\ue000"

    @given(ANY_TEXT)
    def test_cleaning_again_changes_nothing(self, text: str) -> None:
        assert cleaned(cleaned(text)) == cleaned(text)

    @given(ANY_TEXT)
    def test_nothing_unseen_or_unkeepable_remains(self, text: str) -> None:
        categories = {unicodedata.category(character) for character in cleaned(text).replace("\n", "")}
        assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        assert cleaned(text) == cleaned(text).strip()

    @given(st.text(HAN, max_size=20))
    def test_chinese_text_stays(self, text: str) -> None:
        assert cleaned(text) == text


class TestPersonName:
    @given(st.text(HAN, min_size=2, max_size=5), st.sampled_from(GAPS + UNSEEN))
    def test_a_name_padded_to_the_width_of_longer_ones_is_the_name(self, name: str, gap: str) -> None:
        assert person_name(gap.join(name)) == name

    @pytest.mark.parametrize("dot", "·•‧∙⋅・･")
    def test_one_middle_dot(self, dot: str) -> None:
        assert person_name(f"买买提 {dot} 艾力") == "买买提·艾力"

    def test_words_of_a_latin_name_keep_one_space(self) -> None:
        assert person_name(" Anna \n Li ") == "Anna Li"


class TestFolded:
    @pytest.mark.parametrize(
        ("spelling", "other"),
        [
            ("張建國", "张建国"),
            ("呉", "吴"),
            ("吳", "吴"),
            ("王\ue863", "王䶮"),
            ("王 强", "王强"),
            ("說", "説"),
            ("Ａ-1", "a1"),
        ],
    )
    def test_spellings_of_one_word_are_equal(self, spelling: str, other: str) -> None:
        assert folded(spelling) == folded(other)

    @pytest.mark.parametrize(("name", "other"), [("张芸", "张艺"), ("叶台", "叶抬"), ("王弁", "王辨")])
    def test_different_names_stay_different(self, name: str, other: str) -> None:
        assert folded(name) != folded(other)

    @given(st.text(st.characters(max_codepoint=0x17F) | HAN, max_size=20))
    def test_a_key_is_its_own_key(self, text: str) -> None:
        assert folded(folded(text)) == folded(text)

    def test_one_character_becomes_one_so_that_positions_stay(self) -> None:
        assert {len(common) for common in common_forms().values()} == {1}
