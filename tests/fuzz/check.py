"""What must hold for every byte that a server could send. Used by the fuzzer and by pytest."""

from __future__ import annotations

from synapse.errors import SynapseError
from synapse.ports import Finished, TextDelta
from synapse.providers._endpoint import Endpoint
from synapse.providers._error_responses import of_response
from synapse.providers._template import Template
from synapse.providers._wire import Malformed
from synapse.providers.anthropic import EventReader
from synapse.providers.openai_compatible import ChunkReader
from synapse.providers.traffic.sse import TooLong

HERE = Endpoint(provider="fuzz", base_url="https://fuzz.invalid", key="sk-fuzz-0123456789abcdef")


class _Blind(Template):
    __slots__ = ()

    def recognise(self, piece: bytes, at: int) -> tuple[str, int]:
        return "", at


def check(data: bytes) -> None:
    """The first byte chooses the format, the second the size of the pieces; the rest is sent.

    A stream gives the same text however it is split and whether or not tokens are recognised
    without parsing; its text can be stored; nothing but the expected errors comes out of it.
    """
    if len(data) < 2:
        return
    size, stream = data[1] + 1, data[2:]
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    thorough = _read(data[0], [stream], recognising=False)
    assert _read(data[0], pieces, recognising=True) == thorough
    assert _read(data[0], [stream], recognising=True) == thorough
    error = of_response(HERE, "m", 300 + data[0], {}, stream)
    assert error.message.isprintable()
    assert str(HERE.key) not in error.message


def _read(kind: int, pieces: list[bytes], *, recognising: bool) -> tuple[str, str, str | None, str]:
    reader = (EventReader if kind % 2 else ChunkReader)(HERE, "m")
    if not recognising:
        reader.template = _Blind()
    failure = ""
    try:
        for piece in pieces:
            if not reader.done:
                reader.feed(piece)
        if not reader.done:
            reader.close()
    except (Malformed, TooLong, SynapseError) as error:
        failure = type(error).__name__
        reader.collector.end()
    events = reader.collector.take()
    deltas = [event for event in events if isinstance(event, TextDelta)]
    text = "".join(delta.text for delta in deltas if not delta.reasoning)
    thought = "".join(delta.text for delta in deltas if delta.reasoning)
    (text + thought).encode()
    ends = [event.reason for event in events if isinstance(event, Finished)]
    assert len(ends) == (1 if reader.done else 0)
    return text, thought, ends[0] if ends else None, failure
