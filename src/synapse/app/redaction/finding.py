"""Everything in a text that is to be masked, or only the secrets in it."""

from __future__ import annotations

import re
from bisect import bisect_right

from synapse.app.redaction.assigned import announced, assigned
from synapse.app.redaction.kinds import KINDS, MASK, PRIVATE_KEY, Finding
from synapse.app.redaction.personal import cards, personal
from synapse.app.redaction.secret_patterns import CRYPT, FORMS, SHORTEST
from synapse.app.redaction.views import views

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Looking = Callable[[str, str], Iterator[Finding]]
    """Finds something in a text, with the same text in lower case beside it."""

_LONGEST_PRIVATE_KEY = 1 << 16
_BEGIN = re.compile(r"-----BEGIN ([A-Z0-9 ]{0,40})PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_LINES = re.compile(r"[A-Za-z0-9+/=\s\\\"',>|*#:-]*")
_PUTTY = re.compile(
    r"PuTTY-User-Key-File-\d: (?:[^P]|P(?!uTTY-User)){0,20000}?Private-MAC: [0-9a-f]+"
)
_FEWEST_KEY_CHARACTERS = 24


_FORMS = tuple((form.holds, form) for form in FORMS)


def find(text: str, own: Looking | None = None, *, secrets_only: bool = False) -> list[Finding]:
    """What is to be masked in the text, from left to right; nothing overlaps.

    `own` finds what the user told to mask. With `secrets_only` what tells who somebody is stays
    unseen: for a warning, in half the time.
    """
    found = _look(text, own, secrets_only)
    for view in views(text):
        for finding in _look(view.text, own, secrets_only):
            start, end = view.position(finding.start), view.position(finding.end)
            found.append(finding.replace(start=start, end=end))
    if found and "{" in text:
        found = _outside_masks(text, found)
    return _apart(text, found) if found else found


def _outside_masks(text: str, found: list[Finding]) -> list[Finding]:
    """Without what is a piece of a mask: a user's word may be `mail`."""
    masks = [mask.span() for mask in MASK.finditer(text)]
    starts = [start for start, _ in masks]

    def is_inside(finding: Finding) -> bool:
        place = bisect_right(starts, finding.start) - 1
        return place >= 0 and finding.end <= masks[place][1]

    return [finding for finding in found if not is_inside(finding)]


def _look(text: str, own: Looking | None, secrets_only: bool) -> list[Finding]:
    lowered = text.lower()
    if len(lowered) != len(text):  # one letter, a capital I with a dot, becomes two
        lowered = "".join([c.lower() if len(c.lower()) == 1 else c for c in text])
    found = list(own(text, lowered)) if own is not None else []
    words = "\n".join([word for word in text.split() if len(word) >= SHORTEST])
    if words:
        found += _of_known_form(text, words)
    if "PRIVATE KEY" in text or "PuTTY-User" in text:
        found += _private_keys(text)
    if "$" in text:
        found += [
            Finding(start=m.start(), end=m.end(), kind=CRYPT.kind, label=CRYPT.label, value=m[0])
            for m in CRYPT.pattern.finditer(text)
        ]
    found += announced(text, lowered)
    found += assigned(text, lowered)
    found += cards(text)
    if not secrets_only:
        found += personal(text, lowered)
    return found


def _of_known_form(text: str, words: str) -> Iterator[Finding]:
    """`words` are the long ones of the text: what they don't hold is looked for no further."""
    for holds, form in _FORMS:
        if holds in words and form.pattern.search(words):
            for match in form.pattern.finditer(text):
                start, end = match.span(match.lastindex or 0)
                value = text[start:end]
                yield Finding(start=start, end=end, kind=form.kind, label=form.label, value=value)


def _private_keys(text: str) -> Iterator[Finding]:
    for begin in _BEGIN.finditer(text):
        last = min(len(text), begin.end() + _LONGEST_PRIVATE_KEY)
        another = text.find("-----BEGIN", begin.end(), last)
        last = last if another < 0 else another
        end = _END.search(text, begin.end(), last)
        stop = end.start() if end else last
        body = _KEY_LINES.match(text, begin.end(), stop)
        if end is None and body is not None:
            stop = begin.end() + len(body.group().rstrip())
        inside = text[begin.end() : stop]
        if sum(map(str.isalnum, inside)) >= _FEWEST_KEY_CHARACTERS:
            yield Finding(
                start=begin.start(),
                end=end.end() if end else stop,
                kind=PRIVATE_KEY,
                label="private-key",
                value="".join(filter(str.isalnum, inside)),
            )
    for match in _PUTTY.finditer(text):
        yield Finding(
            start=match.start(),
            end=match.end(),
            kind=PRIVATE_KEY,
            label="private-key",
            value=match.group(),
        )


def _apart(text: str, found: list[Finding]) -> list[Finding]:
    """One finding for all that overlap: of the widest, by the order of the kinds."""
    found.sort(key=lambda finding: (finding.start, -finding.end))
    apart: list[Finding] = []
    for finding in found:
        last = apart[-1] if apart else None
        if last is None or finding.start >= last.end:
            if finding.end > finding.start:
                apart.append(finding)
            continue
        best = min((last, finding), key=_rank)
        end = max(last.end, finding.end)
        value = (
            best.value if (best.start, best.end) == (last.start, end) else text[last.start : end]
        )
        apart[-1] = best.replace(
            start=last.start, end=end, value=value, sure=last.sure or finding.sure
        )
    return apart


def _rank(finding: Finding) -> tuple[int, bool, int]:
    generic = finding.label in ("password", "token", "secret", "api-key", "authorization")
    return (finding.start - finding.end, generic, KINDS.index(finding.kind))
