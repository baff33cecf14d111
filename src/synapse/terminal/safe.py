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

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable

_REPLACEMENT = "\ufffd"
_HOSTILE = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 but tab and newline, DEL, C1
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates of the bidi algorithm
    "\ud800-\udfff]"  # surrogates, which no encoder would take
)

_substitute: Callable[[Callable[[re.Match[str]], str], str], str] | None = None


def clean(text: str) -> str:
    """Return `text` without anything that could act on a terminal. Idempotent."""
    # str.isprintable() is one scan in C and needs no import; ordinary text ends here.
    if text.replace("\n", "").replace("\t", "").isprintable():
        return text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _replace_hostile(text)


def clean_line(text: str) -> str:
    """Return `text` safe and on one line: newlines and tabs become spaces."""
    text = clean(text)
    return text.replace("\n", " ").replace("\t", " ")


def escaped(text: str) -> str:
    """Return `text` with an escape, `\\x1b` or `\\u202e`, for whatever could act on a terminal."""
    return _replace_hostile(text, _escape)


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


def _replace_hostile(text: str, replace: Callable[[re.Match[str]], str] | None = None) -> str:
    # Much harmless text gets here too (no-break spaces, joined emoji): compiled once, and only
    # when needed, because importing `re` is most of what a small command costs.
    global _substitute
    if _substitute is None:
        import re  # heavy

        _substitute = re.compile(_HOSTILE).sub
    return _substitute(replace or _spell_out, text)


def _spell_out(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"<U+{code:04X}>" if 0x2000 < code < 0x3000 else _REPLACEMENT


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
