"""Files that were made to do harm, imported by the installed program with bounded memory: each is
refused, or taken, in plain words, and nothing comes in by halves.
"""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from program import Installed, Ran, run, sessions

from formats.mutations import chatgpt_export, claude_export, samples

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_MEMORY = 1 << 20
"""Kilobytes of addresses; a start without any work takes 100,000 of them."""
MUTATIONS = int(os.environ.get("SYNAPSE_TEST_MUTATIONS", "250"))


def test_broken_files_of_every_format_break_nothing(tmp_path: Path) -> None:
    """Hundreds here; by hand, with SYNAPSE_TEST_MUTATIONS=20000, as many as one likes."""
    campaign = Path(__file__).with_name("campaign.py")
    ended = subprocess.run(
        [sys.executable, str(campaign), "0", str(MUTATIONS), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(campaign.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    assert "with sessions" in ended.stdout
    assert "with failures" in ended.stdout


def test_the_whole_files_are_known_and_free_of_faults(tmp_path: Path) -> None:
    """Or breaking them would show nothing."""
    known = []
    for name, content in samples().items():
        path = tmp_path / name
        path.write_bytes(content)
        ran = run("sessions", "import", str(path), "--json")
        if ran.status != 2:  # what is known together with the files beside it
            assert (ran.status, ran.json()["failed"]) == (0, 0), ran
            known.append(name)
    assert len(known) >= 12


def imported(program: Path, path: Path | str, *options: str) -> Ran:
    """Import it with so much memory and no more."""
    limit = ("sh", "-c", f'ulimit -v {MOST_MEMORY}; exec "$@"', "sh")
    return Installed(program)("sessions", "import", str(path), *options, wrapper=limit)


def conversation(**changes: Any) -> bytes:
    """A ChatGPT export with one conversation."""
    value = json.loads(json.dumps(chatgpt_export()[0]))
    value.update(changes)
    return json.dumps([value]).encode()


def nodes(**parents: str) -> Any:
    """A tree of messages in which each node names its parent, whatever comes of it."""
    one = chatgpt_export()[0]["mapping"]["a"]
    children = {
        parent: [node for node, of in parents.items() if of == parent]
        for parent in parents.values()
    }
    return {
        node: {**one, "id": node, "parent": parent, "children": children.get(node, [])}
        for node, parent in parents.items()
    }


def zip_of(*members: tuple[str, bytes], link: str = "") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
        if link:
            info = zipfile.ZipInfo("conversations.json")
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, link)
    return file.getvalue()


WHOLE = conversation()

HARMFUL: dict[str, Callable[[], bytes]] = {
    "bomb.zip": lambda: zip_of(("conversations.json", b"[" + b" " * 300_000_000 + b"]")),
    "nested.zip": lambda: zip_of(("conversations.json", zip_of(("x.json", WHOLE)))),
    "zip-in-zip.zip": lambda: zip_of(("inner.zip", zip_of(("conversations.json", WHOLE)))),
    "up.zip": lambda: zip_of(("../../conversations.json", WHOLE)),
    "absolute.zip": lambda: zip_of(("/tmp/conversations.json", WHOLE)),
    "drive.zip": lambda: zip_of(("C:\\conversations.json", WHOLE)),
    "backslash.zip": lambda: zip_of(("..\\conversations.json", WHOLE)),
    "link.zip": lambda: zip_of(link="/etc/passwd"),
    "cut.zip": lambda: zip_of(("conversations.json", WHOLE))[:-30],
    "empty.zip": lambda: zip_of(),
    "depth.json": lambda: b"[" * 20_000_000,
    "depth-object.json": lambda: b'[{"mapping":' + b'{"a":' * 3_000_000,
    "depth-inside.json": lambda: conversation(title="x").replace(
        b'"x"', b"[" * 5_000 + b"]" * 5_000
    ),
    "deep-line.jsonl": lambda: b'{"role": "user", "content": ' + b"[" * 100_000 + b"\n",
    "long-line.jsonl": lambda: (
        b'{"role": "user", "content": "' + b"x" * 80_000_000 + b'", "timestamp": "2025-06-01"}\n'
    ),
    "no-end.json": lambda: b'[{"title": "' + b"x" * 80_000_000,
    "nul.json": lambda: b"\x00" * 50_000_000,
    "numbers.json": lambda: conversation(title="x").replace(b'"x"', b"9" * 3_000_000),
    "blanks.json": lambda: b" " * 50_000_000 + b"7",
    "commas.json": lambda: b"[" + b"," * 10_000_000 + b"]",
    "empty": lambda: b"",
    "object.json": lambda: b"{}",
    "list.json": lambda: b"[{}]",
    "null.json": lambda: b'[null, 7, true, "x", [], {}]',
    "not-utf-8.json": lambda: b'[{"mapping": "\xff\xfe\xc0\x80"}]',
    "header.db": lambda: b"SQLite format 3\x00" + bytes(range(256)) * 400,
    "no-mapping.json": lambda: conversation(mapping=None),
}
"""Out of none of them comes a session."""


@pytest.mark.parametrize("name", HARMFUL)
def test_what_is_made_to_do_harm_is_refused_in_a_line(
    name: str, tmp_path: Path, program: Path
) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    path = folder / name
    path.write_bytes(HARMFUL[name]())
    ran = imported(program, path)
    assert ran.status in (0, 1, 2, 8), ran
    assert "Traceback" not in ran.err
    assert "Memory" not in ran.err
    told = [line for line in ran.err.splitlines() if name in line]
    assert len(told) <= 2, ran
    assert all(len(line) < 600 and line.isprintable() for line in told)
    assert ran.status == 1 or told, "it says which file"
    assert [each.name for each in folder.iterdir()] == [name]
    assert not (tmp_path / "conversations.json").exists()
    assert not Path("/tmp/conversations.json").exists()
    assert sessions() == []


def test_a_fault_costs_no_other_conversation(tmp_path: Path, program: Path) -> None:
    good = chatgpt_export()
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([good[0], 7, {"mapping": 3}, good[1], {"title": [1]}, good[2]]))
    ran = imported(program, path, "--json")
    told = json.loads(ran.out)
    assert ran.status == 8
    assert told["imported"] == 3 + 3 * 1 or told["imported"] >= 3
    assert 1 <= told["failed"] <= 3
    assert all("conversation" in words for words in told["failures"])


@pytest.mark.parametrize(
    "parents",
    [
        {"a": "b", "b": "a"},
        {"a": "a"},
        {"a": "c", "b": "a", "c": "b", "d": "c"},
        {"a": "gone", "b": "a"},
        {f"n{i}": f"n{i + 1}" for i in range(3_000)},
        {f"n{i}": f"n{(i + 1) % 3_000}" for i in range(3_000)},
    ],
    ids=["two", "itself", "three", "no root", "a long chain", "a long circle"],
)
def test_a_tree_that_bites_its_tail_is_read_once(
    parents: dict[str, str], tmp_path: Path, program: Path
) -> None:
    path = tmp_path / "conversations.json"
    path.write_bytes(conversation(mapping=nodes(**parents), current_node=next(iter(parents))))
    ran = imported(program, path, "--json")
    assert ran.status in (0, 1, 8), ran
    assert json.loads(ran.out)["messages"] < 2 * len(parents)  # a branch has what it shares


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "utf-8"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_a_shell_or_an_editor_makes_of_a_file_is_read(
    encoding: str, end: str, tmp_path: Path, program: Path
) -> None:
    path = tmp_path / "conversations.json"
    content = json.dumps(chatgpt_export(), indent=1, ensure_ascii=False).replace("\n", end)
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    path.write_bytes((mark + content).encode(encoding))
    assert imported(program, path).status == 0


def test_nul_and_half_pairs_are_stored_as_what_text_can_be(tmp_path: Path, program: Path) -> None:
    path = tmp_path / "claude.json"
    value = json.loads(json.dumps(claude_export())[:-1] + "]")
    value[0]["name"] = "a\x00b\ud800c"
    value[0]["chat_messages"][0]["text"] = "x\x00\udfff"
    value[0]["chat_messages"][0]["content"] = [{"type": "text", "text": "x\x00\udfff"}]
    path.write_text(json.dumps(value))
    ran = imported(program, path)
    assert ran.status == 0, ran
    shown = Installed(program)("sessions", "export", "--all", "-F", "jsonl")
    assert shown.status == 0
    for line in shown.text.splitlines():
        json.loads(line).__repr__().encode()


@pytest.mark.parametrize("value", [1e308, -1e308, 1e18, -1e15, 0, "x", [], True, "9" * 4000])
def test_impossible_times_are_no_times(value: object, tmp_path: Path, program: Path) -> None:
    path = tmp_path / "conversations.json"
    path.write_bytes(conversation(create_time=value, update_time=value))
    ran = imported(program, path)
    assert ran.status == 0, ran
    assert Installed(program)("sessions", "list").status == 0


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/proc/self/mem", "/dev/tty"])
def test_devices_are_not_read_for_ever(path: str, program: Path) -> None:
    if not os.path.exists(path):
        return
    ran = imported(program, path)
    assert ran.status in (1, 2, 8), ran
    assert "Traceback" not in ran.err


def test_a_folder_of_links_in_a_circle_is_left(tmp_path: Path, program: Path) -> None:
    folder = tmp_path / "data"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "up").symlink_to(folder)
    (folder / "out.json").symlink_to("/etc/passwd")
    (folder / "conversations.json").write_bytes(WHOLE)
    os.mkfifo(folder / "pipe.json")
    ran = imported(program, folder, "--json")
    assert ran.status == 0, ran
    assert json.loads(ran.out)["failed"] == 0


def test_a_conversation_whose_beginning_was_deleted_is_known_again(tmp_path: Path) -> None:
    """LibreChat tells when it began by the first message alone."""
    path = tmp_path / "librechat.json"
    value = json.loads(samples()["librechat.json"])
    first, second = value["messages"]
    first["createdAt"] = "2025-05-01T09:00:00.000Z"
    path.write_text(json.dumps(value))
    assert run("sessions", "import", str(path), "--json").json()["imported"] == 1
    third = second | {"messageId": "c", "parentMessageId": "b", "text": "And then?"}
    value["messages"] = [second | {"parentMessageId": first["parentMessageId"]}, third]
    path.write_text(json.dumps(value))
    told = run("sessions", "import", str(path), "--json").json()
    assert (told["imported"], told["updated"], told["failed"]) == (0, 1, 0)
    assert len(sessions()) == 1


def test_an_import_that_is_broken_off_leaves_whole_sessions(tmp_path: Path, program: Path) -> None:
    path = tmp_path / "conversations.json"
    content = json.dumps(chatgpt_export()).encode()
    path.write_bytes(content[: content.rindex(b'"c-2"')])
    ran = imported(program, path, "--json")
    assert ran.status == 8
    told = json.loads(ran.out)
    assert told["failed"] == 1
    assert len(sessions()) == told["imported"] >= 2
    path.write_bytes(content)
    again = json.loads(imported(program, path, "--json").out)
    assert again["failed"] == 0
    assert again["imported"] >= 1
