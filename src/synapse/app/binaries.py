"""Documents and archives, known by how they begin: what of them to send instead. Pure.

Other binary files are known by their NUL bytes, which these may do without.
"""

from __future__ import annotations

_ZIP = b"PK\x03\x04"
_MAGIC = (
    (b"%PDF-", "a PDF", "pdftotext {} - | synapse …"),
    (b"\x1f\x8b", "compressed with gzip", "zcat {} | synapse …"),
    (b"BZh91AY&SY", "compressed with bzip2", "bzcat {} | synapse …"),
    (b"\xfd7zXZ\0", "compressed with xz", "xzcat {} | synapse …"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "zstdcat {} | synapse …"),
)
_IN_ZIP = (
    (b"word/document.xml", "a Word document", "pandoc -t plain {} | synapse …"),
    (b"xl/workbook.xml", "an Excel workbook", "in2csv {} | synapse …"),
    (b"opendocument.text", "an OpenDocument text", "pandoc -t plain {} | synapse …"),
    (b"application/epub+zip", "an e-book", "pandoc -t plain {} | synapse …"),
)
"""Names in the archive's directory, which is not compressed."""


def binary_kind(data: bytes) -> tuple[str, str] | None:
    """What a whole file is, and the command that makes a text of it, with `{}` for its name; None
    for what is not known.
    """
    if data.startswith(_ZIP):
        for name, kind, command in _IN_ZIP:
            if name in data:
                return kind, command
        return "a zip archive", "unzip -p {} | synapse …"
    for beginning, kind, command in _MAGIC:
        if data.startswith(beginning):
            return kind, command
    return _unmarked_utf16(data)


def _unmarked_utf16(data: bytes) -> tuple[str, str] | None:
    """UTF-16 without its mark: mostly ASCII, where every other byte is NUL."""
    start = data[:4096]
    half = len(start) // 2
    even, odd = start[::2].count(0), start[1::2].count(0)
    if half < 2 or min(even, odd) > half // 20 or max(even, odd) < half * 2 // 3:
        return None
    order = "LE" if odd > even else "BE"
    return f"UTF-16 ({order})", f"iconv -f UTF-16{order} -t UTF-8 {{}} | synapse …"
