"""Makes text that we did not write safe to show on a terminal.

A model's answer, a stored message or a file name may hold control characters that move the
cursor, set the clipboard or hide what was said. What is written for people passes through here
first, whatever it is written to: behind a pipe there is a terminal, too. Only the text itself, a
message or a path, goes into files and pipes untouched.

What comes out holds no control character but newline and tab:

- CR LF and a lone CR become a newline;
- every other control character of C0 and C1, ESC, DEL and lone surrogates become U+FFFD;
- the controls that reorder text (U+202A-E, U+2066-9) are spelled out, as in ``<U+202E>``.
"""

from __future__ import annotations

_REPLACEMENT = "\ufffd"
_HOSTILE = (
    # first, last
    (0x00, 0x08), (0x0B, 0x1F), (0x7F, 0x9F),  # C0 but tab and newline, DEL, C1
    (0x202A, 0x202E), (0x2066, 0x2069),  # embeddings, overrides, isolates of the bidi algorithm
    (0xD800, 0xDFFF),  # surrogates, which no encoder would take
)  # fmt: skip


class _Spelled(dict[int, str]):
    """What is shown for each character. Filled as texts need it: `re`, which could do the same, is
    most of what a small command costs, and much harmless text gets here, too (no-break and
    ideographic spaces, joined emoji).
    """

    def __missing__(self, code: int) -> str:
        hostile = any(first <= code <= last for first, last in _HOSTILE)
        self[code] = shown = self._shown(code) if hostile else chr(code)
        return shown

    def _shown(self, code: int) -> str:
        return f"<U+{code:04X}>" if 0x2000 < code < 0x3000 else _REPLACEMENT


class _Escaped(_Spelled):
    def _shown(self, code: int) -> str:
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


_SPELLED, _ESCAPED = _Spelled(), _Escaped()


def clean(text: str) -> str:
    """Return `text` without anything that could act on a terminal. Idempotent."""
    # str.isprintable() is one scan in C and needs no import; ordinary text ends here.
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.translate(_SPELLED)


def clean_line(text: str) -> str:
    """Return `text` safe and on one line: newlines and tabs become spaces."""
    text = clean(text)
    return text.replace("\n", " ").replace("\t", " ")


def escaped(text: str) -> str:
    """Return `text` with an escape, `\\x1b` or `\\u202e`, for whatever could act on a terminal."""
    return text.translate(_ESCAPED)


class Cleaner:
    """`clean` for text that arrives in pieces, wherever it was cut."""

    __slots__ = ("_after_return",)

    def __init__(self) -> None:
        self._after_return = False

    def feed(self, chunk: str) -> str:
        """Return the next piece, safe; nothing is held back."""
        if self._after_return and chunk:
            self._after_return = False
            if chunk[0] == "\n":  # the CR before it was already shown as a newline
                chunk = chunk[1:]
                if not chunk:
                    return ""
        if chunk and chunk[-1] == "\r":
            self._after_return = True
        return clean(chunk)
