"""E-mail addresses, homes, private addresses of networks, numbers of cards and telephones."""

from __future__ import annotations

import re

from synapse.app.redaction.kinds import ADDRESS, CARD, EMAIL, PHONE, USER, Finding, Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_LETTER = "A-Za-z0-9\u00c0-\u024f\u0370-\u052f"
_DOMAIN = re.compile(
    rf"@(?:[{_LETTER}](?:[{_LETTER}-]{{0,61}}[{_LETTER}])?\.){{1,8}}"
    r"(?:xn--[a-z0-9-]{2,58}|[A-Za-z\u00c0-\u024f\u0370-\u052f]{2,24})(?![A-Za-z0-9_])"
)
_IS_DOMAIN = re.compile(r"\.(?:[^\W\d_]{2,24}|xn--[a-z0-9-]+)\Z")
_LOCAL = re.compile(rf"(?<![{_LETTER}._%+&-])[{_LETTER}_%+&][{_LETTER}._%+&'-]{{0,63}}\Z")
_NO_DOMAIN = frozenset(
    """
    png jpg jpeg gif svg webp ico bmp tiff pdf css scss js mjs ts tsx jsx py rb go rs java json yml
    yaml toml md txt html htm xml sh so dll exe zip gz service timer socket mount target local
    """.split()
) - {"local", "md", "rs", "sh", "py", "zip", "so", "java"}
"""Ends of names of files, that are no country's."""
_HOME = re.compile(
    r"/(?:home|[Uu]sers)/+(?P<name>[^\s/\\:\"'`<>|*?,;()\[\]{}$&!#=，。；：、）]{1,64})"
)
_BEFORE_HOME = re.compile(
    r"(?:^|[^\w.$}-])(?:/export|/var|/usr|/[a-z]|/mnt/[a-z]|/cygdrive/[a-z])?\Z", re.ASCII
)
_WINDOWS_HOME = re.compile(
    r":[\\/]{1,4}(?:users|documents and settings)[\\/]{1,4}"
    r"(?P<name>[^\s/\\:\"'`<>|*?,;()\[\]{}$%]{1,64}(?:[ ][^\s/\\:\"'`<>|*?,;]{1,32}(?=\\)){0,3})"
)
_DRIVE = re.compile(r"(?:^|[^A-Za-z0-9])[A-Za-z]\Z")
_TILDE = re.compile(r"~(?<![\w/~.\\)-].)(?P<name>[a-z_][a-z0-9_.-]{1,31})(?=/)", re.ASCII)
_NOBODY = frozenset(
    ("shared", "public", "default", "all users", "default user", "guest", ".", "..")
)
_IPV4 = re.compile(
    r"1(?<![\w.].)(?<!\d-.)(?:0|72|92\.168|00|69\.254)(?:\.\d{1,3}){2,3}(?![\d]|\.\d)", re.ASCII
)
_IPV6 = re.compile(r"f(?<![\w.].)(?:[cd][0-9a-f]{2}|e[89ab][0-9a-f]):[0-9a-f:.]{1,40}", re.A)
_GROUPS = re.compile(r"(?:(?<![0-9a-z])[0-9a-f]{0,4}:)+\Z", re.I | re.A)
"""The beginning of a longer address."""
_VERSION = re.compile(r"(?:\bv|version|ver\.?|release|==|>=|<=|~=)\s?$", re.IGNORECASE)
_CARD = re.compile(
    r"[2-6](?<![\w.-].)(?<!\d[ -].)\d{3}(?:[ -]?\d){8,15}(?![ -]?\d)(?![\w]|\.\d)", re.A
)
_NUMBER = r"[1-9](?:[ .\u00a0\u202f/-]{0,2}\(?\d\)?){6,14}(?![\w]|[.,]\d)"
_PHONES = (
    re.compile(
        r"\+(?<![\w+)\]./=-].)1[ .-]?\(?[2-9]\d{2}\)?[ .-]{0,2}\d{3}[ .-]?\d{4}(?![\w]|[.,]\d)",
        re.A,
    ),
    re.compile(rf"\+(?<![\w+)\]./=-].){_NUMBER}", re.A),
    re.compile(rf"00(?<![\w+)\]./=-]..){_NUMBER}", re.A),
)
_LAST_DIGITS = re.compile(r"-\d{4}(?![\w-]|\.\d)", re.A)
_NORTH_AMERICAN = re.compile(
    r"(?<![\w.+/=-])(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}-)\d{3}\Z", re.A
)
_CALLED = {
    word: re.compile(
        rf"{word}(?<![a-z]{word})[a-z_.]{{0,8}}[ _]?(?:number|no\.?|at|on)?"
        r"[\"'*)]{0,2}\s?[:：=#]?"
        r"\s{0,2}[\"'*]{0,2}(\(?0?\d[\d ()/.\u00a0-]{5,18}\d)(?![\w.-])"
    )
    for word in (
        "tel",
        "phone",
        "mobil",
        "handy",
        "fax",
        "cell",
        "whatsapp",
        "call me",
        "电话",
        "手机",
    )
}


def personal(text: str, lowered: str) -> Iterator[Finding]:
    """What tells who somebody is or where: masked, never warned about."""
    if "@" in text:
        yield from _emails(text)
    yield from _homes(text, lowered)
    yield from addresses(text, lowered)
    yield from _phones(text, lowered)


def _emails(text: str) -> Iterator[Finding]:
    for match in _DOMAIN.finditer(text):
        at = match.start()
        local = _LOCAL.search(text, max(0, at - 65), at)
        domain = match.group()[1:]
        while domain.rpartition(".")[2].lower() in _NO_DOMAIN:  # `anna@example.org.txt`
            domain = domain.rpartition(".")[0]
        end = at + 1 + len(domain)
        if local is None or not _IS_DOMAIN.search(domain):
            continue
        if local.group() == "git" and text[end : end + 1] in (":", "/"):
            continue  # where a repository is
        value = text[local.start() : end].lower()
        yield _finding(local.start(), end, EMAIL, "e-mail", value)


def _homes(text: str, lowered: str) -> Iterator[Finding]:
    found: list[re.Match[str]] = []
    if "/home/" in text or "/users/" in lowered:
        for match in _HOME.finditer(text):
            at = match.start()
            if _BEFORE_HOME.search(text, max(0, at - 16), at):
                found.append(match)
    if "users" in lowered or "settings" in lowered:
        for match in _WINDOWS_HOME.finditer(lowered):
            at = match.start()
            if _DRIVE.search(text, max(0, at - 2), at):
                found.append(match)
    if "~" in text:
        found += _TILDE.finditer(text)
    for match in found:
        start, end = match.span("name")
        name = text[start:end].rstrip(".-")
        if name and name.lower() not in _NOBODY:
            yield _finding(start, start + len(name), USER, "user", name)


def _phones(text: str, lowered: str) -> Iterator[Finding]:
    for sign, pattern in zip(("+", "+", "00"), _PHONES, strict=True):
        if sign in text:
            for match in pattern.finditer(text):
                digits = _digits(match.group())
                if _is_international(match.group()):
                    yield _finding(match.start(), match.end(), PHONE, "phone", digits)
    if "-" in text:
        for match in _LAST_DIGITS.finditer(text):
            before = _NORTH_AMERICAN.search(text, max(0, match.start() - 16), match.start())
            if before is not None:
                digits = _digits(text[before.start() : match.end()])
                yield _finding(before.start(), match.end(), PHONE, "phone", digits)
    for word, pattern in _CALLED.items():
        if word in lowered:
            for match in pattern.finditer(lowered):
                digits = _digits(match[1])
                if 7 <= len(digits) <= 15:
                    yield _finding(*match.span(1), PHONE, "phone", digits)


def cards(text: str) -> Iterator[Finding]:
    """Numbers that a bank gave: of a known issuer, of its length, with the right last digit."""
    for match in _CARD.finditer(text):
        separators = {character for character in match.group() if not character.isdigit()}
        digits = _digits(match.group())
        if len(separators) <= 1 and is_card(digits):
            yield _finding(match.start(), match.end(), CARD, "card", digits)


def is_card(digits: str) -> bool:
    """Whether the digits can be the number of a card."""
    size, four = len(digits), int(digits[:4])
    known = (
        (digits[0] == "4" and size in (13, 16, 19))
        or ((5100 <= four <= 5599 or 2221 <= four <= 2720 or 2200 <= four <= 2204) and size == 16)
        or (digits[:2] in ("34", "37") and size == 15)
        or ((four == 6011 or 6440 <= four <= 6599 or 3528 <= four <= 3589) and 16 <= size <= 19)
        or ((3000 <= four <= 3059 or digits[:2] in ("36", "38", "39")) and size in (14, 16))
        or ((6200 <= four <= 6299 or 8100 <= four <= 8199) and 16 <= size <= 19)
        or ((digits[:2] in ("50", "56", "57", "58") or digits[0] == "6") and size in (16, 19))
    )
    return known and len(set(digits)) > 1 and _luhn(digits)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) << (place & 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def addresses(text: str, lowered: str) -> Iterator[Finding]:
    """Addresses of private networks; those of this machine itself tell nothing."""
    if any(start in text for start in ("10.", "172.", "192.168.", "100.", "169.254.")):
        for match in _IPV4.finditer(text):
            parts = [int(part) for part in match.group().split(".")]
            if len(parts) != 4 or max(parts) > 255 or not _is_private(parts):
                continue
            if not _VERSION.search(text[max(0, match.start() - 12) : match.start()]):
                yield _finding(match.start(), match.end(), ADDRESS, "private-ip", match.group())
    if ":" in text and any(start in lowered for start in _IPV6_STARTS):
        for match in _IPV6.finditer(lowered):
            value = match.group()
            value = value if value.endswith("::") else value.rstrip(":.")
            at = match.start()
            if _is_ipv6(value) and not _GROUPS.search(lowered, max(0, at - 40), at):
                yield _finding(at, at + len(value), ADDRESS, "private-ip", value)


_IPV6_STARTS = ("fc", "fd", "fe8", "fe9", "fea", "feb")


def _is_private(parts: list[int]) -> bool:
    first, second = parts[:2]
    return (
        first == 10
        or (first == 172 and 16 <= second <= 31)
        or (first == 100 and 64 <= second <= 127)
        or first in (192, 169)
    )


def _is_ipv6(value: str) -> bool:
    import ipaddress  # 6 million instructions, for a few texts

    if value.count(":") < 2:
        return False
    try:
        ipaddress.IPv6Address(value)
    except ValueError:
        return False
    return True


def _is_international(written: str) -> bool:
    digits = _digits(written).removeprefix("00")
    if not 8 <= len(digits) <= 15 or len(set(digits)) < 3:
        return False
    if written.startswith("00") and written.isdigit() and len(written) < 11:
        return False
    if digits[0] == "1":
        return len(digits) == 11 and digits[1] in "23456789"
    return True


def _digits(written: str) -> str:
    return "".join(filter(str.isdigit, written))


def _finding(start: int, end: int, kind: Kind, label: str, value: str) -> Finding:
    return Finding(start=start, end=end, kind=kind, label=label, value=value)
