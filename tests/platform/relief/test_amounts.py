"""Amounts in capitals after 支付结算办法附一, whose own examples come first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuoju.relief.amounts import in_capitals

DIGITS = {sign: number for number, sign in enumerate("零壹贰叁肆伍陆柒捌玖")}
PLACES = {"拾": 10, "佰": 100, "仟": 1000}
GROUPS = {"万": 10**4, "亿": 10**8}


@pytest.mark.parametrize(
    ("yuan", "words"),
    [
        ("1409.50", "人民币壹仟肆佰零玖元伍角整"),
        ("6007.14", "人民币陆仟零柒元壹角肆分"),
        ("1680.32", "人民币壹仟陆佰捌拾元零叁角贰分"),
        ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "人民币叁佰贰拾伍元零肆分"),
        ("107000.53", "人民币壹拾万零柒仟元零伍角叁分"),
        ("500", "人民币伍佰元整"),
        ("800", "人民币捌佰元整"),
        ("10", "人民币壹拾元整"),
        ("0", "人民币零元整"),
        ("0.05", "人民币伍分"),
        ("1720600", "人民币壹佰柒拾贰万零陆佰元整"),
        ("100000000", "人民币壹亿元整"),
        ("100001000", "人民币壹亿零壹仟元整"),
    ],
)
def test_the_examples_of_the_regulation_and_ours(yuan: str, words: str) -> None:
    integer, _dot, cents = yuan.partition(".")
    assert in_capitals(int(integer) * 100 + int(cents.ljust(2, "0") or 0)) == words


def read(words: str) -> int:
    """The amount again, in fen, by reading the words aloud."""
    total = section = digit = fen = 0
    for sign in words.removeprefix("人民币").removesuffix("整"):
        if sign in DIGITS:
            digit = DIGITS[sign]
        elif sign in PLACES:
            section, digit = section + digit * PLACES[sign], 0
        elif sign in GROUPS:
            total, section, digit = (
                (total + section + digit) * GROUPS[sign] if sign == "亿" else total + (section + digit) * GROUPS[sign],
                0,
                0,
            )
        elif sign == "元":
            fen, total, section, digit = (total + section + digit) * 100, 0, 0, 0
        else:
            fen, digit = fen + digit * {"角": 10, "分": 1}[sign], 0
    return fen


@given(st.integers(0, 10**14 - 1))
def test_an_amount_in_capitals_reads_back_as_the_same_amount(fen: int) -> None:
    words = in_capitals(fen)
    assert read(words) == fen
    assert "零零" not in words
    assert "零元" not in words or fen < 100


@pytest.mark.parametrize("fen", [-1, 10**18])
def test_negative_and_too_large_amounts_are_rejected(fen: int) -> None:
    with pytest.raises(ValueError, match="capitals"):
        in_capitals(fen)
