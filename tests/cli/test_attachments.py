"""`-f FILE` and standard input beside a prompt: what is sent, stored and shown."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import zipfile
from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from loopback import Loopback, anthropic, openai
from program import Installed, Terminal, messages, run, sessions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
GIF = b"GIF89a" + bytes(64)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a text and two images."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "notes.txt").write_text("grüße\n")
    (folder / "dot.png").write_bytes(PNG)
    (folder / "dot.gif").write_bytes(GIF)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def servers(home: Path) -> Iterator[dict[str, Loopback]]:
    """Servers that speak both formats, configured as `oa` and `an`."""
    with (
        Loopback(openai.answer("Seen.")) as oa,
        Loopback(anthropic.answer("Seen.")) as an,
    ):
        file = home / ".config" / "synapse" / "config.toml"
        file.parent.mkdir(parents=True, mode=0o700)
        file.write_text(
            f'[providers.oa]\nbase_url = "{oa.url}/v1"\nmodel = "m"\n'
            f'[providers.an]\nkind = "anthropic"\nbase_url = "{an.url}"\nmodel = "m"\n'
        )
        file.chmod(0o600)
        yield {"oa": oa, "an": an}


def sent(server: Loopback) -> list[dict[str, Any]]:
    """The messages of the last request."""
    body = json.loads(server.requests[-1].body)
    return [message for message in body["messages"] if message["role"] != "system"]


def attached(reference: str = "@1") -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = messages(reference)[0]["attachments"]
    return listed


# ------------------------------------------------------------------------------------- texts


def test_a_text_file_is_a_named_part_of_the_question(folder: Path) -> None:
    ran = run("-p", "echo", "-f", "notes.txt", "Summarise")
    assert ran.text == 'Summarise\n\n<file name="notes.txt">\ngrüße\n</file>\n'
    assert messages()[0]["content"] == "Summarise"
    assert attached() == [
        {"name": "notes.txt", "media_type": "text/plain", "source": "file", "size": 8}
    ]


def test_files_come_in_the_order_of_the_command_line_then_standard_input(folder: Path) -> None:
    (folder / "b.md").write_text("b")
    ran = run("-p", "echo", "Go", "-f", "b.md", "--file", "notes.txt", stdin=b"piped\n")
    assert [item["name"] for item in attached()] == ["b.md", "notes.txt", "stdin"]
    assert ran.text.endswith("</file>\n\npiped\n")


def test_standard_input_beside_a_prompt_is_an_attachment(folder: Path) -> None:
    ran = run("-p", "echo", "Review", "this", stdin=b"+ line\n")
    assert ran.text == "Review this\n\n+ line\n"
    assert messages()[0]["content"] == "Review this"
    assert attached() == [
        {"name": "stdin", "media_type": "text/plain", "source": "stdin", "size": 6}
    ]
    assert sessions()[0]["preview"] == "Review this"


def test_standard_input_alone_is_the_prompt(folder: Path) -> None:
    run("-p", "echo", stdin=b"What is this?\n")
    assert messages()[0]["content"] == "What is this?"
    assert attached() == []


def test_standard_input_is_the_prompt_for_an_attached_file(folder: Path) -> None:
    run("-p", "echo", "-f", "notes.txt", stdin=b"Summarise\n")
    assert messages()[0]["content"] == "Summarise"
    assert [item["name"] for item in attached()] == ["notes.txt"]


def test_a_dash_attaches_standard_input_exactly(folder: Path) -> None:
    run("-p", "echo", "-f", "-", "Look", stdin=b"text\n\n")
    assert attached()[0]["size"] == 6


def test_a_continued_session_sends_texts_again(folder: Path, servers: dict[str, Loopback]) -> None:
    run("-p", "oa", "-f", "notes.txt", "Summarise")
    run("-c", "-p", "an", "Shorter")
    assert "grüße" in sent(servers["an"])[0]["content"]


def test_bytes_that_are_no_utf_8_are_replaced_and_counted(folder: Path) -> None:
    (folder / "latin.txt").write_bytes(b"caf\xe9")
    ran = run("-p", "echo", "-f", "latin.txt", "Read")
    assert "caf\ufffd" in ran.text
    assert "latin.txt is not UTF-8 in 1 place" in ran.err


def test_a_process_substitution_can_be_attached(folder: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"from a pipe")
    os.close(writer)
    ran = run("-p", "echo", "-f", f"/dev/fd/{reader}", "Read")
    os.close(reader)
    assert "from a pipe" in ran.text


# ------------------------------------------------------------------------------------ images


@pytest.mark.parametrize("provider", ["oa", "an"])
def test_an_image_is_sent_in_the_providers_form(
    folder: Path, servers: dict[str, Loopback], provider: str
) -> None:
    ran = run("-p", provider, "-f", "dot.png", "What is it?")
    assert (ran.status, ran.text) == (0, "Seen.\n")
    image, text = sent(servers[provider])[0]["content"]
    encoded = b64encode(PNG).decode()
    if provider == "oa":
        assert image["image_url"] == {"url": f"data:image/png;base64,{encoded}"}
    else:
        assert image["source"]["data"] == encoded
    assert text == {"type": "text", "text": "What is it?"}


def test_an_image_is_sent_again_to_another_provider(
    folder: Path, servers: dict[str, Loopback]
) -> None:
    run("-p", "oa", "-f", "dot.png", "-f", "dot.gif", "What is it?")
    assert run("-c", "-p", "an", "Sure?").status == 0
    first, _, last = sent(servers["an"])
    kinds = [block["source"]["media_type"] for block in first["content"][:2]]
    assert kinds == ["image/png", "image/gif"]
    assert last["content"] == "Sure?"


def test_retry_and_fork_send_the_image_again(folder: Path, servers: dict[str, Loopback]) -> None:
    run("-p", "oa", "-f", "dot.png", "What is it?")
    run("retry")
    assert sent(servers["oa"])[0]["content"][0]["type"] == "image_url"
    run("-c", "--fork", "Sure?")
    assert sent(servers["oa"])[0]["content"][0]["type"] == "image_url"
    assert len(sessions()) == 2


def test_an_image_can_be_piped_in(folder: Path, servers: dict[str, Loopback]) -> None:
    run("-p", "oa", "-f", "-", "What is it?", stdin=PNG)
    assert attached() == [
        {"name": "stdin.png", "media_type": "image/png", "source": "stdin", "size": len(PNG)}
    ]


def test_the_content_decides_what_a_file_is_not_its_name(
    folder: Path, servers: dict[str, Loopback]
) -> None:
    (folder / "picture.txt").write_bytes(PNG)
    (folder / "text.png").write_text("no image")
    run("-p", "oa", "-f", "picture.txt", "-f", "text.png", "Look")
    assert [item["media_type"] for item in attached()] == ["image/png", "text/plain"]


def test_a_provider_without_eyes_goes_on_without_the_image_and_says_so(
    folder: Path, servers: dict[str, Loopback]
) -> None:
    run("-p", "oa", "-f", "dot.png", "What is it?")
    ran = run("-c", "-p", "echo", "Sure?")
    assert (ran.status, ran.text) == (0, "Sure?\n")
    assert "can't see dot.png" in ran.err


# ---------------------------------------------------------------------------------- refusals


def test_an_image_that_the_provider_does_not_take_is_refused_before_anything_is_stored(
    folder: Path,
) -> None:
    ran = run("-p", "echo", "-f", "dot.png", "What is it?")
    assert ran.status == 2
    assert "echo can't be sent dot.png: it takes no images" in ran.err
    assert sessions() == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("big.txt", b"x" * 1_048_577, "the limit for texts is 1,048,576"),
        ("big.png", PNG + bytes(20_000_001), "the limit is 20,000,000"),
        ("program", b"\x7fELF\0\0", "neither a text nor"),
        ("file.pdf", b"%PDF-1.7\n\0", "neither a text nor"),
    ],
)
def test_what_is_too_large_or_no_text_is_refused_before_anything_is_stored(
    folder: Path, servers: dict[str, Loopback], name: str, content: bytes, words: str
) -> None:
    (folder / name).write_bytes(content)
    ran = run("-p", "oa", "-f", name, "Look")
    assert ran.status == 2
    assert name in ran.err
    assert words in ran.err
    assert "Nothing was sent" in ran.err
    assert sessions() == []
    assert servers["oa"].requests == []


def test_the_formats_own_limit_counts_before_anything_is_stored(
    folder: Path, servers: dict[str, Loopback]
) -> None:
    (folder / "big.png").write_bytes(PNG + bytes(3_750_000))
    ran = run("-p", "an", "-f", "big.png", "Look")
    assert ran.status == 2
    assert "the limit is 3,750,000" in ran.err
    assert sessions() == []
    assert run("-p", "oa", "-f", "big.png", "Look").status == 0


@pytest.mark.parametrize(
    ("value", "words"), [("nothing.txt", "No such file"), (".", "is a folder"), ("", "No such")]
)
def test_what_can_not_be_read_is_an_error_of_usage(folder: Path, value: str, words: str) -> None:
    ran = run("-p", "echo", "-f", value, "Look")
    assert ran.status == 2
    assert words in ran.err
    assert sessions() == []


def test_a_refused_attachment_makes_no_fork(folder: Path) -> None:
    run("-p", "echo", "one")
    assert run("-c", "--fork", "-f", "dot.png", "two").status == 2
    assert len(sessions()) == 1


def test_an_attachment_needs_a_question(folder: Path) -> None:
    ran = run("-p", "echo", "-f", "notes.txt")
    assert ran.status == 2
    assert "say what to do with what is attached" in ran.err


def archive(name: str) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr(name, "x")
    return held.getvalue()


@pytest.mark.parametrize(
    ("data", "kind", "way"),
    [
        (b"%PDF-1.4\nno zero byte", "a PDF", "pdftotext {} - | synapse …"),
        (gzip.compress(b"text", mtime=0), "compressed with gzip", "zcat {} | synapse …"),
        (bz2.compress(b"text"), "compressed with bzip2", "bzcat {} | synapse …"),
        (lzma.compress(b"text"), "compressed with xz", "xzcat {} | synapse …"),
        (archive("notes.txt"), "a zip archive", "unzip -p {} | synapse …"),
        (archive("word/document.xml"), "a Word document", "pandoc -t plain {} | synapse …"),
        (archive("xl/workbook.xml"), "an Excel workbook", "in2csv {} | synapse …"),
    ],
)
def test_a_document_is_refused_with_the_way_to_its_text(
    data: bytes, kind: str, way: str, folder: Path
) -> None:
    (folder / "my file").write_bytes(data)
    attached = run("-p", "echo", "-f", "my file", "Look")
    by_hand = way.format("'my file'")
    assert attached.err == (
        f"error: my file is {kind}: neither a text nor an image\n"
        f"  Nothing was sent. Send its text:  {by_hand}\n"
    )
    asked = [("Look",), (), ("-f", "-", "Look")]
    piped = [run("-p", "echo", *words, stdin=data) for words in asked]
    for ran in piped:
        assert ran.err.startswith(f"error: standard input is {kind}: ")
        assert way.format("FILE") in ran.err
    as_system = run("-p", "echo", "-S", "@my file", "Look")
    assert f"my file is {kind}" in as_system.err
    assert {ran.status for ran in (attached, as_system, *piped)} == {2}
    assert sessions() == []


def test_a_text_about_a_pdf_is_a_text(folder: Path) -> None:
    ran = run("-p", "echo", "Look", stdin=b"It begins with %PDF-1.4 or PK.")
    assert (ran.status, ran.text) == (0, "Look\n\nIt begins with %PDF-1.4 or PK.\n")


@pytest.mark.parametrize("words", [["-f", "-", "-f", "-"], ["-f", "-"], ["-f", "-", "--no-stdin"]])
def test_standard_input_can_not_be_attached_twice_or_where_there_is_none(
    folder: Path, words: list[str]
) -> None:
    stdin = b"text" if len(words) != 2 else None
    ran = run("-p", "echo", *words, "Look", stdin=stdin)
    assert ran.status == 2
    assert "-f - attaches standard input" in ran.err


def test_a_binary_file_piped_in_beside_a_prompt_is_told_how_to_be_attached(folder: Path) -> None:
    ran = run("-p", "echo", "Look", stdin=b"\x89PNG\r\n\x1a\n\0\0")
    assert ran.status == 2
    assert "-f -" in ran.err


# ------------------------------------------------------------------------------------ showing


def test_a_session_names_its_attachments(folder: Path, servers: dict[str, Loopback]) -> None:
    run("-p", "oa", "-f", "dot.png", "-f", "notes.txt", "Look")
    shown = run("sessions", "show", "@1").text
    assert f"- attached 1: dot.png (image/png, {len(PNG)} bytes)\n" in shown
    assert "- attached 2: notes.txt (text/plain, 8 bytes)\n" in shown


def test_a_terminal_names_them_without_what_could_act_on_it(folder: Path, program: Path) -> None:
    (folder / "a\x1b[31mb.txt").write_text("x")
    run("-p", "echo", "-f", "a\x1b[31mb.txt", "Look")
    with Terminal([str(program), "sessions", "show", "@1", "--no-pager"]) as terminal:
        assert terminal.end() == 0
        assert b"[31mb.txt" in terminal.seen
        assert b"\x1b[31mb.txt" not in terminal.seen
        assert "attached 1: " in terminal.text


def test_an_attachment_can_be_written_out_to_the_byte(
    folder: Path, servers: dict[str, Loopback], program: Path
) -> None:
    run("-p", "oa", "-f", "dot.png", "-f", "notes.txt", "Look")
    show = ["sessions", "show", "@1", "--message", "1", "--attachment"]
    assert run(*show, "1").out == PNG
    assert Installed(program)(*show, "2").out == "grüße\n".encode()
    assert run(*show, "3").status == 2
    assert run("sessions", "show", "@1", "--attachment", "1").status == 2


def test_purging_a_session_destroys_them(folder: Path, servers: dict[str, Loopback]) -> None:
    run("-p", "oa", "-f", "dot.png", "Look")
    run("sessions", "delete", "@1")
    assert run("sessions", "purge", "-y").status == 0
    stored = b"".join(p.read_bytes() for p in (folder.parent / "home").rglob("sessions.db*"))
    assert PNG[8:] not in stored
    assert b"dot.png" not in stored
