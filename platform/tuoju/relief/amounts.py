"""Amounts of money in Chinese capitals (大写), which receipts carry beside the digits so that none is changed."""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def in_capitals(fen: int) -> str:
    """The amount in capitals: 50000 -> 人民币伍佰元整, 120050 -> 人民币壹仟贰佰元零伍角.

    After 中国人民银行《支付结算办法》附一《正确填写票据和结算凭证的基本规定》: 整 ends what ends at yuan or
    jiao; one 零 stands for any run of zeros within, also between yuan and jiao or fen.
    Raises ValueError below zero and from 10^16 yuan.
    """
    if not 0 <= fen < 10**18:
        raise ValueError(f"{fen} fen can not be written in capitals")
    yuan, cents = divmod(fen, 100)
    jiao, rest = divmod(cents, 10)
    words = f"{_whole(yuan)}元" if yuan or not cents else ""
    if not cents:
        return f"人民币{words}整"
    # The rule lets 零 stand after a yuan that ends in 0, and asks for it where jiao is missing before fen.
    gap = yuan > 0 and (jiao == 0 or yuan % 10 == 0)
    words += "零" * gap
    words += f"{_DIGITS[jiao]}角" if jiao else ""
    words += f"{_DIGITS[rest]}分" if rest else "整"
    return f"人民币{words}"


def _whole(number: int) -> str:
    if number == 0:
        return "零"
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    words = ""
    for place in reversed(range(len(groups))):
        group = groups[place]
        if group == 0:
            # Said by the next group that is not empty.
            continue
        above = groups[place + 1] if place + 1 < len(groups) else None
        if words and (group < 1000 or above == 0 or (above is not None and above % 10 == 0)):
            words += "零"
        words += _group(group) + _GROUPS[place]
    return words


def _group(number: int) -> str:
    """A number from 1 to 9999."""
    words, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit == 0:
            gap = bool(words)
            continue
        words += ("零" if gap else "") + _DIGITS[digit] + _PLACES[place]
        gap = False
    return words
