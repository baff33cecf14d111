"""`synapse keys`, as the installed program, in a pipe and on a terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import stat
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from loopback import Loopback, openai

if TYPE_CHECKING:
    from collections.abc import Callable

Ended = subprocess.CompletedProcess[str]
KEY = "sk-canary-0123456789"


@pytest.fixture
def synapse(program: Path, home: Path) -> Callable[..., Ended]:
    def run(*words: str, stdin: str = "", **variables: str) -> Ended:
        return subprocess.run(
            [str(program), *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=os.environ | variables,
        )

    return run


@pytest.fixture
def store(home: Path) -> Path:
    return home / ".config" / "synapse" / "keys.toml"


class Terminal:
    """A program in a pseudo-terminal of its own, and what it shows."""

    def __init__(self, words: list[str]) -> None:
        self.shown = b""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.execv(words[0], words)

    def wait_for(self, text: bytes) -> None:
        deadline = time.monotonic() + 30
        while text not in self.shown:
            assert select.select([self.descriptor], [], [], deadline - time.monotonic())[0], (
                self.shown
            )
            self._read()

    def type(self, text: bytes) -> None:
        os.write(self.descriptor, text)

    def end(self) -> int:
        """The exit status, once everything that it shows has been read."""
        while self._read():
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.descriptor)
        return os.waitstatus_to_exitcode(status)

    def _read(self) -> bytes:
        try:
            piece = os.read(self.descriptor, 4096)
        except OSError:  # EIO: the other side is closed
            piece = b""
        self.shown += piece
        return piece


def test_a_key_from_a_pipe_is_stored_for_the_owner_alone(
    synapse: Callable[..., Ended], store: Path
) -> None:
    ended = synapse("keys", "set", "openai", stdin=f"  {KEY}\nsecond line\n")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr == f"Stored the key …6789 for openai in {store}\n"
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.parent.stat().st_mode) == 0o700
    assert f'openai = "{KEY}"\n' in store.read_text()


def test_a_key_typed_on_a_terminal_is_not_shown(program: Path, store: Path, home: Path) -> None:
    terminal = Terminal([str(program), "keys", "set", "openai"])
    terminal.wait_for(b"Key for openai: ")
    terminal.type(KEY.encode() + b"\n")
    assert terminal.end() == 0
    assert b"canary" not in terminal.shown
    assert b"6789" in terminal.shown
    assert KEY in store.read_text()


@pytest.mark.parametrize("last", [b"\x04", b"\x03"])
def test_ctrl_d_and_ctrl_c_store_nothing(
    program: Path, store: Path, home: Path, last: bytes
) -> None:
    terminal = Terminal([str(program), "keys", "set", "openai"])
    terminal.wait_for(b"Key for openai: ")
    terminal.type(last)
    assert terminal.end() == 1
    assert b"Nothing was stored." in terminal.shown
    assert not store.exists()


def test_init_asks_for_provider_key_and_model(program: Path, store: Path, home: Path) -> None:
    terminal = Terminal([str(program), "config", "init"])
    terminal.wait_for(b"Who shall answer?")
    terminal.type(b"openai\n")
    terminal.wait_for(b"Key for openai")
    terminal.type(KEY.encode() + b"\n")
    terminal.wait_for(b"Which model?")
    terminal.type(b"gpt-x\n")
    assert terminal.end() == 0
    assert b"canary" not in terminal.shown
    written = (store.parent / "config.toml").read_text()
    assert '\nprovider = "openai"\n' in written
    assert '\nmodel = "gpt-x"\n' in written
    assert KEY in store.read_text()


def test_init_that_is_left_writes_nothing(program: Path, home: Path) -> None:
    terminal = Terminal([str(program), "config", "init"])
    terminal.wait_for(b"Who shall answer?")
    terminal.type(b"\x04")
    assert terminal.end() == 1
    assert not (home / ".config/synapse/config.toml").exists()


def test_a_key_is_no_argument(synapse: Callable[..., Ended], store: Path) -> None:
    ended = synapse("keys", "set", "openai", KEY)
    assert ended.returncode == 2
    assert not store.exists()


@pytest.mark.parametrize("stdin", ["", "\n", "two words\n", "ключ\n"])
def test_what_can_be_no_key_is_refused(
    synapse: Callable[..., Ended], store: Path, stdin: str
) -> None:
    ended = synapse("keys", "set", "openai", stdin=stdin)
    assert ended.returncode == 2
    assert "nothing was stored" in ended.stderr
    assert not store.exists()


def test_a_key_for_nobody_is_refused(synapse: Callable[..., Ended], store: Path) -> None:
    ended = synapse("keys", "set", "opnai", stdin=KEY)
    assert ended.returncode == 2
    assert "did you mean 'openai'?" in ended.stderr
    assert not store.exists()


def test_a_key_for_a_server_of_ones_own_is_taken(synapse: Callable[..., Ended]) -> None:
    synapse("config", "set", "providers.mine.base_url", "http://localhost:1/v1")
    assert synapse("keys", "set", "mine", stdin=KEY).returncode == 0
    assert "mine\t" in synapse("keys", "list").stdout


def test_a_variable_that_wins_is_warned_of(synapse: Callable[..., Ended]) -> None:
    ended = synapse("keys", "set", "openai", stdin=KEY, OPENAI_API_KEY="other")
    assert ended.returncode == 0
    assert "warning: the variable OPENAI_API_KEY is set as well, and wins" in ended.stderr


def test_list_tells_who_has_a_key_and_shows_none(
    synapse: Callable[..., Ended], store: Path, home: Path
) -> None:
    synapse("keys", "set", "openai", stdin=KEY)
    touched = home / "the-command-ran"
    synapse("config", "set", "providers.groq.api_key_cmd", f"touch {touched}; echo k")
    ended = synapse("keys", ANTHROPIC_API_KEY="sk-canary-other-abcd")
    assert ended.stdout == (
        f"openai\t{store}\t…6789\nanthropic\tANTHROPIC_API_KEY\t…abcd\ngroq\tapi_key_cmd\t-\n"
    )
    assert not touched.exists()
    listed = json.loads(synapse("keys", "list", "--json").stdout)
    assert listed["keys"][0] == {"provider": "openai", "origin": str(store), "key": "…6789"}


def test_remove_forgets_the_key(synapse: Callable[..., Ended], store: Path) -> None:
    synapse("keys", "set", "openai", stdin=KEY)
    assert synapse("keys", "remove", "openai").returncode == 0
    assert KEY not in store.read_text()
    again = synapse("keys", "remove", "openai")
    assert again.returncode == 1
    assert "There is no key for openai" in again.stderr


def test_a_stored_key_is_what_the_server_gets(synapse: Callable[..., Ended]) -> None:
    with Loopback(openai.answer("Hello")) as server:
        synapse("config", "set", "providers.mine.base_url", f"{server.url}/v1")
        synapse("keys", "set", "mine", stdin=KEY)
        ended = synapse("-p", "mine", "-m", "m", "hi")
        assert (ended.returncode, ended.stdout) == (0, "Hello\n"), ended.stderr
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert "canary" not in ended.stderr


def test_a_store_that_others_can_read_is_refused(
    synapse: Callable[..., Ended], store: Path
) -> None:
    synapse("keys", "set", "openai", stdin=KEY)
    store.chmod(0o644)
    for words in (["keys", "list"], ["keys", "remove", "openai"], ["keys", "set", "groq"]):
        ended = synapse(*words, stdin=KEY)
        assert ended.returncode == 7
        assert f"chmod 600 {store}" in ended.stderr
        assert "canary" not in ended.stdout + ended.stderr


def test_a_keychain_that_is_not_there_is_told(synapse: Callable[..., Ended], store: Path) -> None:
    ended = synapse("keys", "set", "openai", "--keychain", stdin=KEY)
    assert ended.returncode == 7
    assert "keychain" in ended.stderr or "pip install keyring" in ended.stderr
    assert not store.exists()


BACKEND = """
import json, os
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

FILE = os.environ["HOME"] + "/keychain.json"

class Keychain(KeyringBackend):
    priority = 1

    def _all(self):
        return json.load(open(FILE)) if os.path.exists(FILE) else {}

    def _write(self, entries):
        with open(FILE, "w") as file:
            json.dump(entries, file)

    def get_password(self, service, name):
        return self._all().get(f"{service}/{name}")

    def set_password(self, service, name, password):
        self._write({**self._all(), f"{service}/{name}": password})

    def delete_password(self, service, name):
        entries = self._all()
        if entries.pop(f"{service}/{name}", None) is None:
            raise PasswordDeleteError(name)
        self._write(entries)
"""


def test_the_keychain_keeps_a_key_where_the_extra_is_installed(
    synapse: Callable[..., Ended], store: Path, tmp_path: Path
) -> None:
    (tmp_path / "backend_of_the_test.py").write_text(BACKEND)
    chain = {
        "PYTHONPATH": str(tmp_path),
        "PYTHON_KEYRING_BACKEND": "backend_of_the_test.Keychain",
    }
    ended = synapse("keys", "set", "openai", "--keychain", stdin=KEY, **chain)
    assert (ended.returncode, ended.stderr) == (
        0,
        "Stored the key …6789 for openai in the system's keychain\n",
    )
    assert not store.exists()
    assert synapse("keys", **chain).stdout == "openai\tkeychain\t…6789\n"
    assert synapse("keys", "remove", "openai", "--keychain", **chain).returncode == 0
    assert synapse("keys", "remove", "openai", "--keychain", **chain).returncode == 1
    assert synapse("keys", **chain).stdout == ""


def test_what_is_listed_as_the_keychains_is_what_a_server_of_ones_own_gets(
    synapse: Callable[..., Ended], tmp_path: Path
) -> None:
    (tmp_path / "backend_of_the_test.py").write_text(BACKEND)
    chain = {
        "PYTHONPATH": str(tmp_path),
        "PYTHON_KEYRING_BACKEND": "backend_of_the_test.Keychain",
    }
    with Loopback(openai.answer("Hello")) as server:
        synapse("config", "set", "providers.mine.base_url", f"{server.url}/v1")
        assert synapse("keys", "set", "mine", "--keychain", stdin=KEY, **chain).returncode == 0
        assert synapse("keys", **chain).stdout == "mine\tkeychain\t…6789\n"
        ended = synapse("-p", "mine", "-m", "m", "hi", **chain)
        assert (ended.returncode, ended.stdout) == (0, "Hello\n"), ended.stderr
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_key_that_would_never_be_looked_for_is_not_put_into_the_keychain(
    synapse: Callable[..., Ended], tmp_path: Path
) -> None:
    (tmp_path / "backend_of_the_test.py").write_text(BACKEND)
    ended = synapse(
        "keys", "set", "ollama", "--keychain", stdin=KEY,
        PYTHONPATH=str(tmp_path), PYTHON_KEYRING_BACKEND="backend_of_the_test.Keychain",
    )  # fmt: skip
    assert ended.returncode == 2
    assert "ollama needs no key, so that the keychain is not asked for one" in ended.stderr
    assert not (Path(os.environ["HOME"]) / "keychain.json").exists()


def test_a_command_and_a_key_beside_it_the_command_wins_and_asks_on_the_screen(
    synapse: Callable[..., Ended],
) -> None:
    with Loopback(openai.answer("Hello"), openai.answer("Hello")) as server:
        synapse("config", "set", "providers.mine.base_url", f"{server.url}/v1")
        synapse("config", "set", "providers.mine.api_key_cmd", "echo Passphrase? >&2; echo of-cmd")
        file = Path(synapse("config", "path").stdout.strip())
        file.write_text(file.read_text() + 'api_key = "beside"\n')
        file.chmod(0o600)
        ended = synapse("-p", "mine", "-m", "m", "hi")
        assert (ended.returncode, ended.stdout) == (0, "Hello\n"), ended.stderr
        assert "Passphrase?\n" in ended.stderr
        assert server.requests[0].headers["authorization"] == "Bearer of-cmd"
        assert synapse("keys", "list").stdout == "mine\tapi_key_cmd\t-\n"
