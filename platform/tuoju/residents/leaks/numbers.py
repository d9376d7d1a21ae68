"""Numbers of identity papers, telephones, cards and accounts, in full or partly masked."""

import re
from collections.abc import Collection, Iterator

from tuoju.residents.leaks.kinds import Known, LeakKind
from tuoju.residents.leaks.reading import (
    DATE,
    GAP,
    GAP_IN_LINE,
    ISO,
    MASK,
    ONE_GAP,
    blank,
    in_digits,
    only_digits,
    read,
    some_digits,
    spaced,
)

FEWEST_REAL_DIGITS = 8
"""A masked number showing this many is no longer masked: the prescribed 34*************123 shows five, 138****1234
seven, and a birth date alone has eight."""

# Village code, year and a sequence: how cases are numbered here, and what a notice may show in place of a name.
_CASE_NUMBER = re.compile(r"(?<![0-9])[0-9]{12}-20[0-9]{2}-[0-9]{4}(?![0-9])")
_FROM_TO = re.compile(rf"{ISO}[\s~至到—–-]{{1,4}}{ISO}")
_DECIMAL = re.compile(rf"(?<![0-9.])[0-9]{{1,6}}\.[0-9]{{2}}(?![0-9.]|{ONE_GAP}[0-9](?![0-9]))")

# GB 11643 without its checksum: a number with a slip of the pen still points at its bearer.
_MONTH_DAY = [
    "(?:0" + GAP + "[1-9]|1" + GAP + "[0-2])",
    "(?:0" + GAP + "[1-9]|[12]" + GAP + "[0-9]|3" + GAP + "[01])",
]
_PROVINCE = (
    "(?:"
    + "|".join(
        f"{first}{GAP}[{second}]"
        for first, second in enumerate(("1-5", "1-3", "1-7", "1-6", "0-4", "1-5", "1", "1-3", "0-9"), start=1)
    )
    + ")"
)
_ID_18 = re.compile(
    "(?=("
    + spaced(
        [
            _PROVINCE,
            *some_digits(4),
            f"(?:1{GAP}[89]|2{GAP}0)",
            *some_digits(2),
            *_MONTH_DAY,
            *some_digits(3),
            "[0-9X]",
        ],
        GAP,
    )
    + "))"
)
_ID_15 = re.compile(
    "(?<![0-9])" + spaced([_PROVINCE, *some_digits(6), *_MONTH_DAY, *some_digits(3)], GAP) + "(?![0-9X])"
)
_ID_WITHOUT_DATE = re.compile(
    rf"(?<![0-9])(?:[0-9]{{17}}[0-9X]|[0-9]{{15}}|[0-9]{{6}}{ONE_GAP}[0-9]{{8}}{ONE_GAP}[0-9]{{3}}[0-9X])(?![0-9])"
)
_MASKED_NUMBER = re.compile(
    rf"(?<![0-9])(?<!{MASK})(?:(?:[0-9]|{MASK}){{11,24}}"
    rf"|(?:[0-9]|{MASK}){{4}}(?:{ONE_GAP}(?:[0-9]|{MASK}){{4}}){{2,3}}(?:{ONE_GAP}?(?:[0-9]|{MASK}){{1,4}})?"
    rf"|(?:[0-9]|{MASK}){{6}}{ONE_GAP}(?:[0-9]|{MASK}){{8}}{ONE_GAP}(?:[0-9]|{MASK}){{4}})"
    rf"(?![0-9]|{MASK})"
)
_MOBILE = re.compile(
    rf"(?<![0-9])(?:\+?86{GAP_IN_LINE}|0)?" + spaced(["1", "[3-9]", *some_digits(9)]) + "(?![0-9])",
)
_AREA = f"(?:0{GAP_IN_LINE}(?:10|2[0-9]|[3-9]{GAP_IN_LINE}[0-9]{GAP_IN_LINE}[0-9]))"
_LANDLINE = re.compile(
    rf"(?<![0-9])\(?{_AREA}\)?{GAP_IN_LINE}" + spaced(["[2-8]", *some_digits(6)]) + "[0-9]?(?![0-9])",
)
_SHORT_LANDLINE = re.compile(r"(?:电话|手机|联系方式|座机|TEL)[^0-9\n]{0,4}([2-8][0-9]{2,3}[- ]?[0-9]{4})(?![0-9])")
_CARD = re.compile(
    # Accounts of rural credit co-operatives are longer than the 19 signs of a card.
    r"[0-9]{12,}"
    rf"|(?<![0-9])[0-9]{{4}}(?:{ONE_GAP}[0-9]{{4}}){{3,}}(?:{ONE_GAP}[0-9]{{1,4}})?(?![0-9])"
    rf"|(?<![0-9])[0-9]{{4}}(?:{ONE_GAP}[0-9]{{4}}){{2}}{ONE_GAP}[0-9]{{3}}(?![0-9])"
    rf"|(?<![0-9])[0-9]{{6}}{ONE_GAP}[0-9]{{9,13}}(?![0-9])"
    rf"|(?<![0-9])[0-9](?:{ONE_GAP}{{1,2}}[0-9]){{11,}}(?![0-9])"
)
_AFTER_ACCOUNT_WORD = re.compile(
    rf"(?:账号|帐号|卡号|账户|帐户|一卡通|存折)[^0-9\n]{{0,6}}([0-9](?:{GAP_IN_LINE}[0-9]){{5,}})"
)

_CHAT_NAME = re.compile(
    r"WXID_[-_A-Z0-9]{4,}|(?:微信|微信号|薇信|VX|V信|WX|WECHAT|WEIXIN)号?[是为:\s]{0,3}([A-Z][-_A-Z0-9]{5,19})"
)
"""The name in a chat program: it begins with a letter and has six signs or more."""


def chat_names(plain: str) -> Iterator[tuple[LeakKind, int, int]]:
    """Names in WeChat, by which a person is reached as by a telephone. Numbers are found as numbers."""
    for match in _CHAT_NAME.finditer(plain):
        yield (LeakKind.phone, *match.span(match.lastindex or 0))


def _known_number(number: str) -> re.Pattern[str] | None:
    """A pattern of a known number however it is grouped, also of passports and short telephone numbers."""
    signs = re.sub(r"[^0-9A-Z]", "", in_digits(read(number).plain))
    return re.compile(spaced(map(re.escape, signs), GAP)) if len(signs) > 5 else None


def known_numbers(digits: str, known: Known) -> Iterator[tuple[LeakKind, int, int]]:
    """The ID number and the telephone of the file, however they are grouped."""
    for kind, number in ((LeakKind.id_number, known.id_number), (LeakKind.phone, known.phone)):
        pattern = _known_number(number)
        yield from ((kind, *match.span()) for match in pattern.finditer(digits)) if pattern else ()


def _masked_kind(number: str) -> LeakKind | None:
    """What a partly masked number discloses, if anything."""
    hidden = len(re.findall(MASK, number.removesuffix("X")))
    shown = sum(sign.isdecimal() for sign in number)
    signs = len(re.sub(ONE_GAP, "", number))
    if not hidden or shown < FEWEST_REAL_DIGITS:
        return None
    if signs == 11 and number[0] == "1":
        return LeakKind.phone
    return LeakKind.id_number if signs in {15, 18} or number.startswith("34") else LeakKind.bank_card


def _allowed(number: str, allowed_phones: Collection[str]) -> bool:
    """Whether a number is one that takes complaints, with or without the area code."""
    digits = re.sub(r"[^0-9]", "", number)
    without_country = digits.removeprefix("86") if len(digits) == 13 else digits
    return any(
        without_country == phone
        or (len(without_country) in {7, 8} and phone.startswith("0") and phone.endswith(digits))
        for phone in map(only_digits, allowed_phones)
    )


def numbers(digits: str, known: Known, allowed_phones: Collection[str]) -> Iterator[tuple[LeakKind, int, int]]:
    """Numbers, the longest kinds first. Each kind is blanked before the next is looked for."""
    # A row of a table, "500.00 2026-11-23 2026-11-30 800", holds eighteen digits with a date in the right place.
    for harmless in (_CASE_NUMBER, _FROM_TO, _DECIMAL):
        digits = blank(digits, [match.span() for match in harmless.finditer(digits)])
    known_id, known_phone = _known_number(known.id_number), _known_number(known.phone)
    # Each sign may begin a number, for one written right after an amount; hence the lookahead and its group.
    ids = [match.span(1) for match in _ID_18.finditer(digits)]
    ids += [match.span() for match in known_id.finditer(digits)] if known_id else []
    ids += [match.span() for pattern in (_ID_WITHOUT_DATE, _ID_15) for match in pattern.finditer(digits)]
    yield from ((LeakKind.id_number, *span) for span in ids)
    digits = blank(digits, ids)

    masked = [(kind, *match.span()) for match in _MASKED_NUMBER.finditer(digits) if (kind := _masked_kind(match[0]))]
    yield from masked
    digits = blank(digits, ((start, end) for _, start, end in masked))

    digits = blank(digits, [match.span() for match in DATE.finditer(digits)])

    phones = [match.span() for pattern in (_MOBILE, _LANDLINE) for match in pattern.finditer(digits)]
    phones += [match.span(1) for match in _SHORT_LANDLINE.finditer(digits)]
    phones += [match.span() for match in known_phone.finditer(digits)] if known_phone else []
    yield from (
        (LeakKind.phone, start, end) for start, end in phones if not _allowed(digits[start:end], allowed_phones)
    )
    digits = blank(digits, phones)

    yield from ((LeakKind.bank_card, *match.span()) for match in _CARD.finditer(digits))
    yield from ((LeakKind.bank_card, *match.span(1)) for match in _AFTER_ACCOUNT_WORD.finditer(digits))
