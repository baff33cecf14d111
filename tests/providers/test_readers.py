"""What is understood: the events of both formats as StreamEvents. Pure."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import anthropic as claude
from loopback import openai as gpt
from loopback.asking import Outcome

from synapse import errors
from synapse.domain import Usage
from synapse.ports import Finished, ModelReport, TextDelta, UsageReport
from synapse.providers._endpoint import Endpoint
from synapse.providers._template import Template
from synapse.providers._wire import Malformed
from synapse.providers.anthropic import EventReader
from synapse.providers.anthropic import models_of as anthropic_models
from synapse.providers.openai_compatible import ChunkReader
from synapse.providers.openai_compatible import models_of as openai_models

if TYPE_CHECKING:
    from synapse.providers._stream_events import Reader

HERE = Endpoint(provider="some", base_url="https://api.example.invalid/v1", key="sk-secret-123456")


def read(reader: Reader, *pieces: bytes) -> list[Any]:
    """What the reader makes of these pieces, as if each came in one read of the network."""
    events: list[Any] = []
    for piece in pieces:
        if not reader.done:
            reader.feed(piece)
        events += reader.collector.take()
    return events


def gpt_says(*pieces: bytes) -> list[Any]:
    return read(ChunkReader(HERE, "m"), *pieces)


def claude_says(*pieces: bytes) -> list[Any]:
    return read(EventReader(HERE, "m"), *pieces)


def test_an_openai_stream_gives_model_text_usage_and_reason() -> None:
    assert gpt_says(*gpt.stream_of(["a", "b"], reasoning=["hm"])) == [
        ModelReport(model="loopback-1"),
        TextDelta("hm", reasoning=True),
        TextDelta("a"),
        TextDelta("b"),
        UsageReport(usage=Usage(input_tokens=7, output_tokens=3)),
        Finished(reason="stop"),
    ]


def test_what_comes_in_one_read_is_given_in_one_piece() -> None:
    assert TextDelta("abc") in gpt_says(b"".join(gpt.stream_of(["a", "b", "c"])))


def test_an_anthropic_stream_gives_model_text_usage_and_reason() -> None:
    assert claude_says(*claude.stream_of(["a", "b"], thinking=["hm"])) == [
        ModelReport(model="loopback-1"),
        UsageReport(usage=Usage(input_tokens=7, output_tokens=1)),
        TextDelta("hm", reasoning=True),
        TextDelta("a"),
        TextDelta("b"),
        UsageReport(usage=Usage(input_tokens=7, output_tokens=3)),
        Finished(reason="end_turn"),
    ]


TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=8)


@settings(max_examples=60)
@given(TEXTS, TEXTS, st.integers(1, 40), st.booleans())
def test_any_text_arrives_whole_however_the_bytes_are_split(
    texts: list[str], thoughts: list[str], size: int, openai: bool
) -> None:
    if openai:
        stream = b"".join(gpt.stream_of(texts, reasoning=thoughts))
        reader: Reader = ChunkReader(HERE, "m")
    else:
        stream = b"".join(claude.stream_of(texts, thinking=thoughts))
        reader = EventReader(HERE, "m")
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    outcome = Outcome(iter(read(reader, *pieces)))
    assert (outcome.text, outcome.reasoning) == ("".join(texts), "".join(thoughts))
    assert reader.done
    assert outcome.finish in ("stop", "end_turn")
    assert outcome.usage == (7, 3)


FOUND = [
    {"title": "On [Rome]", "url": "https://a.example/rome", "date": "2026-11-01"},
    {"title": "", "url": "https://b.example/"},
    {"title": "Nowhere", "url": "javascript:alert(1)"},
]
SOURCES = "\n\nSources:\n\n1. [On (Rome)](https://a.example/rome)\n2. <https://b.example/>"


def test_what_a_search_found_is_kept_with_the_answer() -> None:
    """Perplexity's answers speak of [1] and [2], and say beside the text what those are."""
    stream = [
        gpt.chunk({"content": "Rome"}, citations=[], search_results=None),
        gpt.chunk({"content": " [1]."}, search_results=FOUND, citations=["https://a.example/rome"]),
        gpt.chunk(finish="stop", search_results=FOUND),
        gpt.DONE,
    ]
    assert Outcome(iter(gpt_says(*stream))).text == f"Rome [1].{SOURCES}"
    addresses = [
        gpt.chunk({"content": "Rome"}, citations=["https://b.example/", 7, None]),
        gpt.DONE,
    ]
    expected = "Rome\n\nSources:\n\n1. <https://b.example/>"
    assert Outcome(iter(gpt_says(*addresses))).text == expected
    reader = ChunkReader(HERE, "m")
    reader.read_whole({**gpt.completion("Rome [1]."), "search_results": FOUND})
    assert Outcome(iter(reader.collector.take())).text == f"Rome [1].{SOURCES}"


@pytest.mark.parametrize("found", [[], {}, 7, "https://a.example", [None], [{"url": 7}], [{}]])
def test_sources_that_are_none_change_nothing(found: object) -> None:
    stream = [gpt.chunk({"content": "Rome"}, citations=found), gpt.chunk(finish="stop"), gpt.DONE]
    assert Outcome(iter(gpt_says(*stream))).text == "Rome"


@pytest.mark.parametrize(
    "chunk",
    [
        gpt.event({"choices": []}),
        gpt.event({"choices": None}),
        gpt.event({"choices": [{"index": 0, "delta": {}, "finish_reason": None}]}),  # LiteLLM
        gpt.event({"choices": [{"index": 0, "delta": {"content": None}}]}),
        gpt.event({"choices": [{"index": 0, "delta": None}]}),
        gpt.event({"choices": [None]}),
        gpt.event({"choices": [7]}),
        gpt.event({"choices": {}}),
        gpt.event({"choices": [{"delta": {"content": "", "reasoning_content": ""}}]}),
        gpt.event({"choices": [{"delta": {"tool_calls": [{"index": 0}]}}]}),
        gpt.event({"usage": None, "error": None, "model": None}),
        gpt.event({"unknown": [1, 2, {"deep": None}]}),
        b": keep-alive\n\n",
        b"event: surprise\ndata: {}\n\n",
        b"id: 1\nretry: 5\n\n",
    ],
)
def test_chunks_that_say_nothing_change_nothing(chunk: bytes) -> None:
    plain = gpt.stream_of(["a", "b"])
    for at in range(len(plain)):
        outcome = Outcome(iter(gpt_says(*plain[:at], chunk, *plain[at:])))
        assert (outcome.text, outcome.finish, outcome.usage) == ("ab", "stop", (7, 3))


@pytest.mark.parametrize(
    "event",
    [
        claude.event("ping"),
        claude.event("something_new", data=[1, {"x": None}]),
        claude.event(
            "content_block_delta", index=0, delta={"type": "signature_delta", "signature": "=="}
        ),
        claude.event("content_block_delta", index=0, delta=None),
        claude.event("content_block_delta", index=0, delta={"type": "text_delta", "text": None}),
        claude.event(
            "content_block_start",
            index=3,
            content_block={"type": "redacted_thinking", "data": "AAAA"},
        ),
        claude.event("message_delta", delta=None, usage=None),
        b": comment\n\n",
    ],
)
def test_events_that_say_nothing_change_nothing(event: bytes) -> None:
    plain = claude.stream_of(["a", "b"], thinking=["t"])
    for at in range(len(plain)):
        outcome = Outcome(iter(claude_says(*plain[:at], event, *plain[at:])))
        assert (outcome.text, outcome.reasoning) == ("ab", "t")
        assert (outcome.finish, outcome.usage) == ("end_turn", (7, 3))


def test_usage_in_both_formats_replaces_what_was_reported_before() -> None:
    growing = [gpt.chunk({"content": "x"}, usage={"completion_tokens": n}) for n in (1, 2, 3)]
    outcome = Outcome(iter(gpt_says(*growing, gpt.chunk(finish="stop"), gpt.DONE)))
    assert outcome.usage == (None, 3)
    deltas = [claude.event("message_delta", delta={}, usage={"output_tokens": n}) for n in (2, 9)]
    events = claude_says(claude.message_start(5), *deltas, *claude.message_end(output_tokens=9))
    assert Outcome(iter(events)).usage == (5, 9)


def test_input_tokens_from_a_cache_count_as_sent() -> None:
    usage = {"input_tokens": 3, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20}
    start = claude.event("message_start", message={"model": "m", "usage": usage})
    assert Outcome(iter(claude_says(start))).usage == (123, None)


def test_numbers_where_text_belongs_and_text_where_numbers_belong_are_understood() -> None:
    events = gpt_says(
        gpt.event({"choices": [{"delta": {"content": 42}, "finish_reason": 0}], "model": 7}),
        gpt.event({"choices": [], "usage": {"prompt_tokens": "12", "completion_tokens": 3.0}}),
        gpt.DONE,
    )
    outcome = Outcome(iter(events))
    assert (outcome.text, outcome.finish, outcome.usage) == ("42", "0", (12, 3))


def test_reasoning_is_found_under_every_name() -> None:
    for field in ("reasoning_content", "reasoning"):
        assert TextDelta("hm", reasoning=True) in gpt_says(gpt.chunk({field: "hm"}))
    both = gpt_says(gpt.chunk({"reasoning_content": "hm", "reasoning": "hm"}))
    assert Outcome(iter(both)).reasoning == "hm"
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "Paris"},
    ]
    outcome = Outcome(iter(gpt_says(gpt.chunk({"content": parts}))))
    assert (outcome.reasoning, outcome.text) == ("hm", "Paris")


def test_nothing_after_the_end_marker_counts() -> None:
    events = gpt_says(*gpt.stream_of(["a"]), gpt.chunk({"content": "more"}), b"data: {garbage\n\n")
    assert Outcome(iter(events)).text == "a"
    events = claude_says(*claude.stream_of(["a"]), *claude.block(9, "text", ["more"]))
    assert Outcome(iter(events)).text == "a"


def test_without_an_end_marker_nothing_is_finished() -> None:
    for reader, stream in (
        (ChunkReader(HERE, "m"), gpt.stream_of(["a"])[:-1]),
        (EventReader(HERE, "m"), claude.stream_of(["a"])[:-1]),
    ):
        assert Outcome(iter(read(reader, *stream))).finish is None
        assert not reader.done


@pytest.mark.parametrize("reason", ["content_filter", "refusal"])
def test_a_filtered_answer_is_finished_and_then_refused(reason: str) -> None:
    reader = ChunkReader(HERE, "m")
    outcome = Outcome(iter(read(reader, *gpt.stream_of(["Well"], finish=reason))))
    assert (outcome.text, outcome.finish) == ("Well", reason)
    assert isinstance(reader.verdict, errors.AnswerRefused)


def test_a_refusal_in_openais_own_field_is_shown_and_refused() -> None:
    reader = ChunkReader(HERE, "m")
    stream = [gpt.chunk({"refusal": "I can't"}), gpt.chunk(finish="stop"), gpt.DONE]
    outcome = Outcome(iter(read(reader, *stream)))
    assert (outcome.text, outcome.finish) == ("I can't", "refusal")
    assert isinstance(reader.verdict, errors.AnswerRefused)


def test_anthropics_refusal_is_refused() -> None:
    reader = EventReader(HERE, "m")
    outcome = Outcome(iter(read(reader, *claude.stream_of(["We"], stop_reason="refusal"))))
    assert (outcome.text, outcome.finish) == ("We", "refusal")
    assert isinstance(reader.verdict, errors.AnswerRefused)


@pytest.mark.parametrize("reason", ["length", "max_tokens", "model_length", "eos", "COMPLETE"])
def test_other_reasons_are_passed_on_as_they_are(reason: str) -> None:
    reader = ChunkReader(HERE, "m")
    assert Outcome(iter(read(reader, *gpt.stream_of(["a"], finish=reason)))).finish == reason
    assert reader.verdict is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "Overloaded", "type": "overloaded_error"}, errors.Overloaded),
        ({"message": "slow down", "code": 429}, errors.RateLimited),
        ({"message": "slow down", "code": "429"}, errors.RateLimited),
        ({"message": "upstream died", "code": 502}, errors.ServerError),
        ({"message": "no", "type": "invalid_request_error"}, errors.BadRequest),
        ({"message": "no", "status": "INVALID_ARGUMENT"}, errors.BadRequest),
        ({"message": "no", "code": "image_too_large"}, errors.ImageRefused),
        ({"message": None}, errors.ServerError),
        ("plain text", errors.ServerError),
    ],
)
def test_an_error_in_an_openai_stream_ends_it_after_what_came(error: object, kind: type) -> None:
    reader = ChunkReader(HERE, "m")
    with pytest.raises(kind):
        read(reader, gpt.chunk({"content": "half"}) + gpt.event({"error": error}))
    assert Outcome(iter(reader.collector.take())).text == "half"


def test_an_error_event_in_an_anthropic_stream_is_classified_by_its_type() -> None:
    for name, kind in (
        ("overloaded_error", errors.Overloaded),
        ("rate_limit_error", errors.RateLimited),
        ("api_error", errors.ServerError),
        ("never_heard_of", errors.ServerError),
    ):
        with pytest.raises(kind) as caught:
            claude_says(claude.message_start(), claude.error_event(name, "Sorry"))
        assert '"Sorry"' in caught.value.message


@pytest.mark.parametrize("data", [b"[]", b"7", b'"x"', b"{", b"", b"[" * 100_000, b"\xff"])
@pytest.mark.parametrize("reader", [ChunkReader, EventReader])
def test_events_that_are_no_object_are_malformed(reader: type[Reader], data: bytes) -> None:
    with pytest.raises(Malformed):
        reader(HERE, "m").read(b"", data)


def test_an_end_marker_without_anything_before_it() -> None:
    reader = ChunkReader(HERE, "m")
    assert Outcome(iter(read(reader, gpt.DONE))).finish == "stop"
    assert reader.verdict is None
    with pytest.raises(Malformed):
        EventReader(HERE, "m").read(b"", b'{"type": "message_stop"}')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "delta",
                    "content",
                    "usage",
                    "error",
                    "type",
                    "message",
                    "model",
                    "finish_reason",
                    "reasoning_content",
                    "content_block",
                    "text",
                    "thinking",
                    "refusal",
                    "prompt_tokens",
                    "stop_reason",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4), st.sampled_from([ChunkReader, EventReader]))
def test_no_json_makes_a_reader_crash(values: list[Any], kind: type[Reader]) -> None:
    reader = kind(HERE, "m")
    for value in values:
        try:
            reader.read(b"", json.dumps(value).encode())
            reader.read_whole(value)
        except (Malformed, errors.SynapseError):
            pass
    reader.collector.end()
    for event in reader.collector.take():
        repr(event)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"shutdown_date": "2027-01-14"}, ("2027-01-14", None, True)),
        ({"shutdown_date": None}, (None, None, False)),
        (
            {"deprecation": "2027-04-30T00:00:00Z", "deprecation_replacement_model": "mistral-x"},
            ("2027-04-30", "mistral-x", True),
        ),
        ({"expiration_date": "2026-12-31"}, ("2026-12-31", None, True)),
        ({"deprecation_date": "2026-12-31 12:00"}, ("2026-12-31", None, True)),
        ({"shutdown_date": "soon", "deprecation": 7}, (None, None, False)),
        ({"shutdown_date": "2027-01-1\x1b"}, (None, None, False)),
    ],
)
def test_the_end_of_a_model_is_told_as_vendors_name_it(
    row: dict[str, Any], told: tuple[str | None, str | None, bool]
) -> None:
    [info] = openai_models({"data": [{"id": "m", **row}]})
    assert (info.shutdown_date, info.replacement, info.deprecated) == told


def test_anthropic_tells_what_is_deprecated_and_when_it_ends() -> None:
    listed = [
        {"id": "old", "lifecycle": "deprecated", "retires_at": "2027-02-03T00:00:00Z"},
        {"id": "older", "lifecycle": "deprecated", "retires_at": None},
        {"id": "new", "lifecycle": "active"},
        {"id": "gone", "lifecycle": "retired"},
    ]
    told = [(m.id, m.shutdown_date, m.deprecated) for m in anthropic_models({"data": listed})]
    assert told == [("old", "2027-02-03", True), ("older", None, True), ("new", None, False)]


def test_models_are_listed_with_the_figures_that_vendors_give_under_many_names() -> None:
    listed = {
        "data": [
            {"id": "plain"},
            {
                "id": "openrouter",
                "context_length": 200_000,
                "top_provider": {"max_completion_tokens": 64_000},
            },
            {"id": "groq", "context_window": 131_072, "max_completion_tokens": 65_536},
            {"id": "mistral", "max_context_length": 32_768},
            {"id": "vllm", "max_model_len": 8192},
            {"id": "llamacpp", "meta": {"n_ctx": 4096, "n_ctx_train": 40_960}},
            {"id": "models/gemini-flash-latest"},
            {"id": None},
            "nonsense",
        ]
    }
    assert [(m.id, m.context_window, m.max_output) for m in openai_models(listed)] == [
        ("plain", None, None),
        ("openrouter", 200_000, 64_000),
        ("groq", 131_072, 65_536),
        ("mistral", 32_768, None),
        ("vllm", 8192, None),
        ("llamacpp", 4096, None),
        ("gemini-flash-latest", None, None),
    ]


def test_anthropics_models_are_listed_without_the_retired_ones() -> None:
    listed = {
        "data": [
            {"id": "a", "lifecycle": "active", "max_input_tokens": 1_000_000, "max_tokens": 64_000},
            {"id": "b", "lifecycle": "retired"},
        ]
    }
    assert [(m.id, m.context_window, m.max_output) for m in anthropic_models(listed)] == [
        ("a", 1_000_000, 64_000)
    ]


PIECES = st.text(st.sampled_from('ab"\\\n\t/ü😀\x00\x7f\u2028é{}:,'), max_size=5) | st.text(
    max_size=4
)


@st.composite
def chunks(draw: st.DrawFn, openai: bool) -> bytes:
    """A piece of a stream as some server would write it: escaped or not, spaced or not."""
    field = draw(st.sampled_from(["content", "reasoning_content", "reasoning", "refusal"]))
    texts = {field: draw(PIECES)}
    if draw(st.integers(0, 9)) == 0:
        texts["content"] = draw(PIECES)
    value: dict[str, Any] = {"choices": [{"delta": texts}], "n": draw(st.sampled_from([1, "x"]))}
    if not openai:
        kind = draw(st.sampled_from(["text", "thinking"]))
        delta = {"type": f"{kind}_delta", kind: draw(PIECES)}
        value = {"type": "content_block_delta", "index": draw(st.integers(0, 1)), "delta": delta}
    spaced = draw(st.sampled_from([None, (",", ":")]))
    text = json.dumps(value, ensure_ascii=draw(st.booleans()), separators=spaced)
    return text.encode("utf-8", "surrogatepass")


class Blind(Template):
    """Recognises nothing, so that every event is parsed."""

    __slots__ = ()

    def recognise(self, piece: bytes, at: int) -> tuple[str, int]:
        return "", at


def outcome_of(reader: Reader, pieces: list[bytes]) -> tuple[list[tuple[bool, str]], str, bool]:
    """The text by kind, neighbours joined; how it failed, if it did; whether it was the end."""
    failure = ""
    try:
        for piece in pieces:
            if not reader.done:
                reader.feed(piece)
        if not reader.done:
            reader.close()
    except (Malformed, errors.SynapseError) as error:
        failure = type(error).__name__
        reader.collector.end()
    texts: list[tuple[bool, str]] = []
    for event in reader.collector.take():
        if isinstance(event, TextDelta):
            if texts and texts[-1][0] is event.reasoning:
                texts[-1] = (event.reasoning, texts[-1][1] + event.text)
            else:
                texts.append((event.reasoning, event.text))
    return texts, failure, reader.done


@settings(max_examples=500)
@given(st.data(), st.booleans(), st.sampled_from([b"\n", b"\n", b"\n", b"\r\n"]))
def test_recognising_tokens_gives_what_parsing_them_gives(
    data: st.DataObject, openai: bool, end: bytes
) -> None:
    kind: type[Reader] = ChunkReader if openai else EventReader
    quick, thorough = kind(HERE, "m"), kind(HERE, "m")
    thorough.template = Blind()
    events = []
    for chunk in data.draw(st.lists(chunks(openai), max_size=4)):
        damage = data.draw(st.sampled_from([0, 0, 0, 0, 0, 0, 1, 2, 3]))
        at = data.draw(st.integers(0, len(chunk)))
        chunk = [chunk, chunk[:at] + chunk[at + 1 :], chunk[:at] + b"\n" + chunk[at:], b""][damage]
        lead = b"data: " if openai else b"event: content_block_delta" + end + b"data: "
        events += [lead + chunk + end + end] * data.draw(st.integers(1, 4))
    stream = b"".join(data.draw(st.permutations(events)))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=6).map(sorted))
    edges = [0, *cuts, len(stream)]
    pieces = [stream[a:b] for a, b in itertools.pairwise(edges)]
    assert outcome_of(quick, pieces) == outcome_of(thorough, [stream])


@pytest.mark.parametrize("together", [True, False], ids=["in one read", "one by one"])
def test_tokens_of_one_stream_are_recognised_after_the_first(together: bool) -> None:
    tokens = ["a", "b", " c", '\n"d"', "e\\", "f"]
    for reader, stream in (
        (ChunkReader(HERE, "m"), gpt.stream_of(tokens)),
        (EventReader(HERE, "m"), claude.stream_of(tokens)),
    ):
        parsed: list[bytes] = []
        thorough = reader.read

        def counting(
            name: bytes, data: bytes, read: Any = thorough, parsed: list[bytes] = parsed
        ) -> None:
            parsed.append(data)
            read(name, data)

        reader.read = counting  # type: ignore[method-assign]
        pieces = [b"".join(stream)] if together else stream
        assert Outcome(iter(read(reader, *pieces))).text == "".join(tokens)
        assert len(parsed) == len(stream) - len(tokens) + 1


def test_a_text_is_looked_for_only_where_its_field_stands_once() -> None:
    """The first `content` here is not the answer's, though it looks like it at first."""
    pieces = [
        gpt.event({"content": other, "choices": [{"delta": {"content": "a"}}]}) for other in "abc"
    ]
    assert Outcome(iter(gpt_says(*pieces))).text == "aaa"


def test_a_piece_in_which_head_and_tail_overlap_is_not_taken_for_an_empty_text() -> None:
    whole = gpt.event({"choices": [{"delta": {"content": "a"}}]})
    with pytest.raises(Malformed):
        gpt_says(whole, whole.replace(b'"a"', b'"'))
