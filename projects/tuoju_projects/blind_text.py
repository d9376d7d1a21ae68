"""Finds in the blind part of an application what tells the reviewers who wrote it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tuoju_text.folding import folded

LEAST_SHORT_NAME = 3
"""A shorter rest of a name ("阳光") is a common word and is not searched for."""
_PLACE = re.compile(
    r"^(?:.{2,7}?(?:省|自治区))?(?:.{2,7}?(?:市|自治州|地区|盟))?"
    r"(?:.{1,7}?(?:自治县|县)|.{2,7}?(?:(?<![社小园校])区|旗|市))?(?:.{1,6}?(?:街道|镇|乡))?"
)
_KINDS = (
    "社会工作服务中心",
    "社会工作者协会",
    "社会工作服务社",
    "社会工作事务所",
    "社工服务中心",
    "志愿服务协会",
    "公益服务中心",
    "养老服务中心",
    "社工服务社",
    "志愿者协会",
    "慈善协会",
    "慈善总会",
    "服务中心",
    "发展中心",
    "基金会",
    "促进会",
    "联合会",
    "互助会",
    "服务社",
    "工作室",
    "协会",
    "中心",
)
"""Kinds of organizations at the end of a name; without place and kind, what is left is the short name people use."""
_PHONE = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4})(?!\d)")
_USCC = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{2}\d{6}[0-9A-Z]{10}(?![0-9A-Z])")
_CONTACT = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|https?://\S+|www\.\S+", re.IGNORECASE)


class Clue(StrEnum):
    """What in a blind text tells who wrote it."""

    organization_name = "organization_name"
    short_name = "short_name"
    staff_name = "staff_name"
    address = "address"
    telephone = "telephone"
    credit_code = "credit_code"
    contact = "contact"


@dataclass(frozen=True, slots=True)
class Finding:
    """One clue: in which field, and the text as typed."""

    field: str
    clue: Clue
    text: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of the applicant."""

    name: str
    staff: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


def find_clues(blind: Mapping[str, str], applicant: Identity) -> tuple[Finding, ...]:
    """Every clue in the fields of the blind part, names of files among them, in the order of the fields.

    Names are compared folded: spaces, dots, width, case and traditional characters make no difference. It warns the
    applicant before the application is submitted; whoever paraphrases their name is not found.
    """
    needles = dict(_needles(applicant))
    findings: list[Finding] = []
    for field, text in blind.items():
        findings.extend(Finding(field, clue, span) for span, clue in _spans(text, needles))
        findings.extend(
            Finding(field, clue, match.group())
            for clue, pattern in ((Clue.telephone, _PHONE), (Clue.credit_code, _USCC), (Clue.contact, _CONTACT))
            for match in pattern.finditer(text)
        )
    return tuple(findings)


def short_names(name: str) -> tuple[str, ...]:
    """The name without its place, without its kind, and without both, as far as they are not too short.

    >>> short_names("定远县春晖社会工作服务中心")
    ('春晖社会工作服务中心', '定远县春晖')
    >>> short_names("甲市小水滴公益服务中心")
    ('小水滴公益服务中心', '甲市小水滴', '小水滴')
    """
    without_place = _PLACE.sub("", name)
    candidates = (without_place, _without_kind(name), _without_kind(without_place))
    unique = dict.fromkeys(text for text in candidates if text != name and len(text) >= LEAST_SHORT_NAME)
    return tuple(unique)


def _without_kind(name: str) -> str:
    kind = next((kind for kind in _KINDS if name.endswith(kind)), "")
    return name.removesuffix(kind)


def _needles(applicant: Identity) -> Iterator[tuple[str, Clue]]:
    """Folded texts to search for, the longer ones of the name first."""
    named: Iterable[tuple[str, Clue]] = [
        (applicant.name, Clue.organization_name),
        *((text, Clue.short_name) for text in sorted(short_names(applicant.name), key=len, reverse=True)),
        *((text, Clue.address) for text in applicant.addresses),
        *((text, Clue.staff_name) for text in applicant.staff),
    ]
    for text, clue in named:
        key = folded(text)
        if len(key) >= 2:
            yield key, clue


def _spans(text: str, needles: Mapping[str, Clue]) -> Iterator[tuple[str, Clue]]:
    """The parts of the text whose folded form is a needle; parts within a longer one are not repeated."""
    keys, positions = "", []
    for position, character in enumerate(text):
        key = folded(character)
        keys += key
        positions += [position] * len(key)
    taken: list[tuple[int, int]] = []
    for needle, clue in needles.items():
        start = keys.find(needle)
        while start >= 0:
            end = start + len(needle)
            if not any(low <= start and end <= high for low, high in taken):
                taken.append((start, end))
                yield text[positions[start] : positions[end - 1] + 1], clue
            start = keys.find(needle, start + 1)
