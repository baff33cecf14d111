"""The local model: the real engine, the real weights, no network."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from synapse.cli.advice.as_command import hint_lines
from synapse.domain import Role
from synapse.errors import (
    ConfigError,
    ContextTooLong,
    ProviderError,
    ServerError,
    UnknownModel,
    UsageError,
)
from synapse.ports import (
    Cancellation,
    ChatMessage,
    ChatRequest,
    Finished,
    ModelReport,
    ProviderOptions,
    TextDelta,
    UsageReport,
)
from synapse.providers import PROVIDERS
from synapse.providers.local import LocalProvider, find_model
from synapse.providers.local_model import weights as demo
from synapse.providers.local_model.engine_messages import DEMO_SYSTEM_PROMPT, question_for
from synapse.providers.local_model.process import Engine, EngineFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from synapse.ports import StreamEvent


def user(text: str) -> ChatMessage:
    return ChatMessage(role=Role.USER, content=text)


def request(
    *messages: ChatMessage,
    model: str = demo.MODEL,
    max_tokens: int | None = None,
    parameters: tuple[tuple[str, object], ...] = (),
    system_prompt: str | None = None,
) -> ChatRequest:
    return ChatRequest(
        model=model,
        messages=messages or (user("What is the capital of France?"),),
        max_tokens=max_tokens,
        parameters=parameters,
        system_prompt=system_prompt,
    )


def text_of(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def ask(provider: LocalProvider, what: ChatRequest) -> list[StreamEvent]:
    return list(provider.stream(what, Cancellation()))


def children() -> set[int]:
    """The processes that this one started and that still run."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid() and fields[0] != "Z":
                found.add(int(entry.name))
    return found


def until(condition: object, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    assert callable(condition)
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


@pytest.fixture
def provider(home_with_weights: Path) -> Iterator[LocalProvider]:
    before = children()
    opened = LocalProvider(ProviderOptions())
    yield opened
    opened._idle = None  # as when nobody has the provider any longer
    until(lambda: children() <= before)


def test_it_answers_with_usage_model_and_reason(provider: LocalProvider) -> None:
    events = ask(provider, request())
    assert "Paris" in text_of(events)
    assert events[0] == ModelReport(model=demo.MODEL)
    assert Finished(reason="stop") in events
    reports = [event for event in events if isinstance(event, UsageReport)]
    assert (reports[-1].usage.input_tokens or 0) > 20
    assert (
        reports[-1].usage.output_tokens
        == len([event for event in events if isinstance(event, TextDelta)]) + 1
    )  # the end mark counts, too


def test_the_same_question_gets_the_same_answer_twice(provider: LocalProvider) -> None:
    assert text_of(ask(provider, request())) == text_of(ask(provider, request()))


def test_it_knows_what_was_said_before(provider: LocalProvider) -> None:
    answer = text_of(
        ask(
            provider,
            request(
                user("My name is Zebulon. Remember it."),
                ChatMessage(role=Role.ASSISTANT, content="Hello Zebulon! I will remember it."),
                user("What is my name?"),
            ),
        )
    )
    assert "Zebulon" in answer


def test_max_tokens_ends_the_answer_with_the_reason_length(provider: LocalProvider) -> None:
    events = ask(provider, request(max_tokens=3))
    assert Finished(reason="length") in events
    assert text_of(events) == "The capital of"


@pytest.mark.parametrize("asked", [None, 4096])
@pytest.mark.usefixtures("home_with_weights")
def test_an_answer_of_the_demo_model_is_bounded(asked: int | None) -> None:
    question = question_for(request(max_tokens=asked), find_model(demo.MODEL))
    assert question["max_tokens"] == 512


def test_a_stop_text_ends_the_answer_before_it(provider: LocalProvider) -> None:
    events = ask(provider, request(parameters=(("stop", [" Paris"]),)))
    assert text_of(events) == "The capital of France is"


def test_an_unknown_parameter_is_refused_and_nothing_is_started(provider: LocalProvider) -> None:
    before = children()
    with pytest.raises(UsageError, match='takes no parameter "logit_bias"'):
        ask(provider, request(parameters=(("logit_bias", {}),)))
    assert children() == before


def test_a_conversation_that_does_not_fit_is_refused_with_both_figures(
    provider: LocalProvider,
) -> None:
    with pytest.raises(ContextTooLong, match=r"has 9,\d\d\d tokens; .* takes 8,192"):
        ask(provider, request(user("word " * 9000)))
    assert "Paris" in text_of(ask(provider, request()))


def test_a_lone_surrogate_does_not_stop_it(provider: LocalProvider) -> None:
    assert text_of(ask(provider, request(user("Say hello. \ud800"), max_tokens=5)))


@pytest.mark.parametrize("phase", ["before", "loading", "reading the prompt", "answering"])
def test_cancelling_ends_it_in_the_middle(provider: LocalProvider, phase: str) -> None:
    """With tens of seconds of work still to do; on an idle machine it takes 20 ms."""
    cancellation = Cancellation()
    long = phase == "reading the prompt"
    wanted = request(user("word " * 7000 if long else "Write a very long story."))
    seen: list[StreamEvent] = []
    engines = children()
    if phase == "before":
        cancellation.cancel()

    def consume() -> None:
        for event in provider.stream(wanted, cancellation):
            seen.append(event)

    if long:
        ask(provider, request(max_tokens=1))  # it is loaded now
    worker = threading.Thread(target=consume)
    worker.start()
    if phase == "loading":
        until(lambda: children() > engines)
    elif phase == "reading the prompt":
        until(lambda: seen)
        before = _cpu_time(children() - engines)
        until(lambda: _cpu_time(children() - engines) > before + 0.2)
    elif phase == "answering":
        until(lambda: len(seen) > 5)
    cancellation.cancel()
    worker.join(5)
    assert not worker.is_alive()
    assert bool(text_of(seen)) == (phase == "answering")
    until(lambda: children() == engines)


def _cpu_time(processes: set[int]) -> float:
    total = 0
    for process in processes:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def test_it_answers_again_after_a_cancelled_answer(provider: LocalProvider) -> None:
    cancellation = Cancellation()
    for event in provider.stream(request(user("Write a long story.")), cancellation):
        if isinstance(event, TextDelta):
            cancellation.cancel()
    assert "Paris" in text_of(ask(provider, request()))


def test_an_answer_that_nobody_reads_to_its_end_is_stopped(provider: LocalProvider) -> None:
    before = children()
    events = provider.stream(request(user("Write a long story.")), Cancellation())
    assert next(event for event in events if isinstance(event, TextDelta))
    events.close()  # type: ignore[attr-defined]
    until(lambda: children() == before)


def test_two_answers_at_once_do_not_mix(provider: LocalProvider) -> None:
    first = provider.stream(request(), Cancellation())
    assert isinstance(next(first), ModelReport)
    assert "Paris" in text_of(ask(provider, request()))
    assert "Paris" in text_of(list(first))


def test_the_engine_ends_with_the_process_that_started_it(home_with_weights: Path) -> None:
    script = """
import os, sys
from synapse.domain import Role
from synapse.ports import Cancellation, ChatMessage, ChatRequest, ProviderOptions
from synapse.providers.local import LocalProvider
provider = LocalProvider(ProviderOptions())
message = ChatMessage(role=Role.USER, content="Write a long story.")
events = provider.stream(ChatRequest(model=provider._chosen, messages=(message,)), Cancellation())
for event in events:
    print(type(event).__name__, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        while parent.stdout.readline() != b"TextDelta\n":
            assert parent.poll() is None
        engine = next(
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and f" {parent.pid} " in _stat_of(entry)
        )
        parent.kill()
    until(
        lambda: not Path(f"/proc/{engine}").exists() or " Z " in _stat_of(Path(f"/proc/{engine}"))
    )


def _stat_of(entry: Path) -> str:
    try:
        return (entry / "stat").read_text()
    except OSError:
        return ""


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """`tmp_path` is too long for the name of a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        yield Path(folder)


def test_it_listens_on_no_port_and_leaves_no_socket_to_connect_to(
    provider: LocalProvider, short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(short_folder))
    before = children()
    events = provider.stream(request(user("Write a long story.")), Cancellation())
    assert next(event for event in events if isinstance(event, TextDelta))
    (engine,) = children() - before
    inodes = {
        link.readlink().name.removeprefix("socket:[").removesuffix("]")
        for link in Path(f"/proc/{engine}/fd").iterdir()
        if link.is_symlink() and str(link.readlink()).startswith("socket:")
    }
    assert inodes
    for table in ("tcp", "tcp6", "udp", "udp6"):
        rows = Path(f"/proc/{engine}/net/{table}").read_text().splitlines()[1:]
        assert not inodes & {row.split()[9] for row in rows}
    assert list(short_folder.iterdir()) == []


def test_a_killed_engine_is_an_error_that_says_so(provider: LocalProvider) -> None:
    before = children()
    events = provider.stream(request(user("Write a long story.")), Cancellation())
    assert next(event for event in events if isinstance(event, TextDelta))
    (engine,) = children() - before
    os.kill(engine, 9)
    with pytest.raises(ServerError, match=r"ended in the middle \(signal 9\)"):
        list(events)


def test_the_demo_model_is_labelled_as_one(provider: LocalProvider, weights: Path) -> None:
    assert "small demo model" in (provider.capabilities.notice or "")
    assert LocalProvider(ProviderOptions(model=str(weights))).capabilities.notice is None


def test_weights_that_are_missing_are_an_error_with_the_command(home: Path) -> None:
    with pytest.raises(UnknownModel, match="not on this machine") as caught:
        LocalProvider(ProviderOptions())
    assert "synapse models pull local" in "\n".join(hint_lines(caught.value.hints))


def test_weights_with_the_wrong_size_are_an_error_with_both_sizes(
    home_with_weights: Path, weights: Path
) -> None:
    place = Path(demo.path(os.environ))
    place.unlink()
    with weights.open("rb") as source:
        place.write_bytes(source.read(1_000_000))
    with pytest.raises(UnknownModel, match="1,000,000 of 98,362,432 bytes"):
        ask(LocalProvider(ProviderOptions()), request())


def test_weights_with_a_flipped_bit_are_an_error(home_with_weights: Path, weights: Path) -> None:
    place = Path(demo.path(os.environ))
    data = bytearray(weights.read_bytes())
    data[50_000_000] ^= 1
    place.unlink()
    place.write_bytes(data)
    with pytest.raises(UnknownModel, match="another hash"):
        ask(LocalProvider(ProviderOptions()), request())


def test_any_gguf_file_is_used_by_its_path(home: Path, weights: Path, tmp_path: Path) -> None:
    (tmp_path / "own model.gguf").symlink_to(weights)
    path = str(tmp_path / "own model.gguf")
    events = ask(
        LocalProvider(ProviderOptions(model=path)),
        request(
            model=path,
            system_prompt=DEMO_SYSTEM_PROMPT,
            parameters=(("temperature", 0),),
        ),
    )
    assert events[0] == ModelReport(model="own model")
    assert "Paris" in text_of(events)


def test_a_file_in_the_models_folder_is_found_by_its_name(
    home_with_weights: Path, weights: Path
) -> None:
    (home_with_weights / ".cache/synapse/models/mine.gguf").symlink_to(weights)
    provider = LocalProvider(ProviderOptions(model="mine"))
    assert [model.id for model in provider.list_models()] == [demo.MODEL, "mine"]
    assert provider.list_models()[1].context_window == 8192


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no model: it ends within its header"),
        (b"hello" * 100, "is no model: it does not begin like a GGUF file"),
        (b"GGUF" + (99).to_bytes(4, "little"), "its GGUF version is 99"),
        (b"GGUF" + (3).to_bytes(4, "little") + bytes(8) + b"\xff" * 8, "its header is damaged"),
        (b"GGUF" + (3).to_bytes(4, "little") + bytes(16), "does not name an architecture"),
    ],
)
def test_a_file_that_is_no_model_is_one_clear_error(
    home: Path, tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(content)
    with pytest.raises(UnknownModel, match=message) as caught:
        LocalProvider(ProviderOptions(model=str(file)))
    assert str(file) in caught.value.message


@pytest.mark.parametrize("share", [0.00002, 0.02, 0.5, 0.999])
def test_a_truncated_model_is_one_clear_error(
    home: Path, weights: Path, tmp_path: Path, share: float
) -> None:
    file = tmp_path / "cut.gguf"
    with weights.open("rb") as source:
        file.write_bytes(source.read(int(weights.stat().st_size * share)))
    with pytest.raises(UnknownModel, match=r"can't load .*cut\.gguf: \w+|is no model: it ends"):
        ask(LocalProvider(ProviderOptions(model=str(file))), request(model=str(file)))


@pytest.mark.parametrize("name", ["/nowhere/model.gguf", "no-such-model", "."])
def test_a_model_that_cannot_be_read_is_an_error(home: Path, name: str) -> None:
    with pytest.raises(UnknownModel, match="can't read the model"):
        LocalProvider(ProviderOptions(model=name))


def test_a_missing_system_library_is_named_with_the_command_that_installs_it(
    home_with_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Stands in the engine's way just as a missing libgomp does: with the loader's ImportError.
    package = tmp_path / "broken" / "xllamacpp"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "raise ImportError('libgomp.so.1: cannot open shared object file: No such file')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    with pytest.raises(
        ProviderError, match=r"the system library libgomp\.so\.1 is missing"
    ) as caught:
        ask(LocalProvider(ProviderOptions()), request())
    assert "apt-get install libgomp1" in "\n".join(hint_lines(caught.value.hints))


def test_without_the_engine_the_library_is_named(
    home_with_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = [path for path in sys.path if not (Path(path) / "xllamacpp").exists()]
    (tmp_path / "pip").mkdir()  # it stands beside the engine: see tests/test_installing.py
    monkeypatch.setattr(sys, "path", [*without, str(tmp_path)])
    with pytest.raises(ConfigError, match="not installed") as caught:
        LocalProvider(ProviderOptions())
    assert caught.value.hints == (f"Install it:  {sys.executable} -m pip install xllamacpp",)


def test_a_stopped_engine_fails_at_once(home_with_weights: Path, weights: Path) -> None:
    engine = Engine(str(weights), context=512, threads=1)
    engine.stop()
    with pytest.raises(EngineFailed):
        list(engine.ask({}))
    engine.close()


def test_local_is_ready_once_engine_and_weights_are_there(
    home_with_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert demo.local_ready(os.environ)
    place = Path(demo.path(os.environ))
    place.unlink()
    assert not demo.local_ready(os.environ)
    place.write_bytes(b"cut short")
    assert not demo.local_ready(os.environ)


def test_the_table_names_the_model_that_the_provider_knows() -> None:
    assert PROVIDERS["local"].default_model == demo.MODEL
