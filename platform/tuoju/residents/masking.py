"""Masks personal fields; in full they are read only by service.reveal, for a purpose."""

from collections.abc import Callable

from tuoju.residents.models import Resident
from tuoju_text.cleaning import person_name


def _chinese() -> str:
    return "已删除"


_erased_word: Callable[[], str] = _chinese


def use_erased_word(word: Callable[[], str]) -> None:
    """Set what stands in place of an erased name; the pages set it to the word of the reader's language."""
    global _erased_word
    _erased_word = word


def name_or_erased(resident: Resident) -> str:
    """The name in full; the word for erased in place of a name that was erased."""
    return resident.name if resident.erased_at is None else _erased_word()


def masked_name(resident: Resident) -> str:
    """The name masked; the word for erased in place of a name that was erased."""
    return mask_name(resident.name) if resident.erased_at is None else _erased_word()


def mask_name(name: str) -> str:
    """张某 -> 张*; 张建国 -> 张*国; longer names keep their first and last character. Gaps and dots are not counted, so
    that a mask never shows every character of a name."""
    characters = _characters(name)
    if len(characters) <= 2:
        return characters[:1] + "*" if len(characters) == 2 else "*"
    return characters[0] + "*" * (len(characters) - 2) + characters[-1]


def surname(name: str) -> str:
    """张建国 -> 张*: all that an organization is told before it accepts, however long the name."""
    return _characters(name)[:1] + "*"


def _characters(name: str) -> str:
    return "".join(character for character in person_name(name) if character not in " ·")


def mask_id_number(number: str) -> str:
    """The first two and the last three characters."""
    return number[:2] + "*" * max(len(number) - 5, 1) + number[-3:] if len(number) > 5 else "*" * len(number)


def mask_phone(phone: str) -> str:
    """138****1234; a shorter number keeps its last two digits."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "*" * max(len(phone) - 2, 1) + phone[-2:]


def mask_email(address: str) -> str:
    """l***@example.cn: the first character and the domain."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}***{at}{domain}"


def age_band(age: int | None) -> str:
    """The ten-year band of an age, as "70-79"; empty if it is unknown."""
    if age is None:
        return ""
    return f"{age // 10 * 10}-{age // 10 * 10 + 9}"
