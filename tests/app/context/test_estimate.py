"""What is reckoned where no provider has counted."""

from __future__ import annotations

import struct
from random import Random

import pytest
from app.context.recorded import RECORDED, TOKENISERS

from synapse.app.attachments import image_type
from synapse.app.context.estimate import (
    UNKNOWN_IMAGE,
    Family,
    family_of,
    image_size,
    image_tokens,
    text_tokens,
)
from synapse.domain import Attachment

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


def png(width: int, height: int) -> bytes:
    return PNG + struct.pack(">II", width, height)


def jpeg(width: int, height: int, *, before: bytes = b"", frame: int = 0xC0) -> bytes:
    size = struct.pack(">BHH", 8, height, width)
    return b"\xff\xd8" + before + bytes((0xFF, frame, 0, 11)) + size + bytes(3)


EXIF = b"\xff\xe1" + struct.pack(">H", 8) + b"\xff\xc0\x00\x01\x00\x01"
TABLES = b"\xff\xc4" + struct.pack(">H", 4) + bytes(2)


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (png(640, 480), (640, 480)),
        (b"GIF89a" + struct.pack("<HH", 320, 200), (320, 200)),
        (b"GIF87a" + struct.pack("<HH", 1, 65_535), (1, 65_535)),
        (jpeg(4000, 3000), (4000, 3000)),
        (jpeg(4000, 3000, before=EXIF + TABLES, frame=0xC2), (4000, 3000)),
        (jpeg(5, 6, before=EXIF + b"\xff\xff"), (5, 6)),
        (b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 9, 8), (9, 8)),
        (b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", 799 | 599 << 14), (800, 600)),
        (b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\x1f\3\0\x57\2\0", (800, 600)),
    ],
)
def test_the_size_of_an_image_stands_in_its_header(
    data: bytes, size: tuple[int, int] | None
) -> None:
    assert image_size(data) == size


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"BM",
        png(0, 5),
        png(5, 2**31),
        PNG[:12],
        b"GIF89a\x01",
        b"\xff\xd8",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\xff\xff",
        b"\xff\xd8" + b"\xff\xe0\x00\x00" * 9,
        b"RIFF\0\0\0\0WEBP",
        b"RIFF\0\0\0\0WEBPVP8 " + bytes(30),
        b"RIFF\0\0\0\0WEBPVP8X\0",
    ],
)
def test_a_header_that_says_nothing_gives_no_size(data: bytes) -> None:
    assert image_size(data) is None
    image = Attachment(name="x", media_type="image/png", data=data)
    assert image_tokens(image, "openai", "gpt-6") == UNKNOWN_IMAGE


def test_no_bytes_make_it_fail_or_take_long() -> None:
    random = Random(3)
    heads = [PNG, b"GIF89a", b"\xff\xd8\xff\xe0", b"RIFF1234WEBPVP8L", b"RIFF1234WEBPVP8X"]
    for _ in range(2_000):
        data = random.choice(heads) + random.randbytes(random.randint(0, 40))
        size = image_size(data)
        assert size is None or (min(size) > 0 and max(size) <= 65_535)
        assert image_type(data) is not None
        image = Attachment(name="x", media_type="image/png", data=data)
        for provider, model in TOKENISERS.values():
            assert 0 < image_tokens(image, provider, model) < 15_000


@pytest.mark.parametrize(
    ("provider", "model", "size", "tokens"),
    [
        ("anthropic", "claude-opus-4-5", (1_000, 1_000), 1_334),
        ("anthropic", "claude-opus-4-5", (200, 200), 54),
        ("anthropic", "claude-opus-4-5", (6_000, 4_000), 1_600),
        ("openrouter", "anthropic/claude-sonnet-4.5", (1_000, 1_000), 1_334),
        ("anthropic", "claude-opus-4-8", (2_000, 1_500), 4_000),
        ("openai", "gpt-6-luna", (512, 512), 255),
        ("openai", "gpt-6-luna", (1_024, 1_024), 765),
        ("openai", "gpt-6-luna", (2_048, 4_096), 1_105),
        ("gemini", "gemini-flash-latest", (384, 200), 258),
        ("gemini", "gemini-flash-latest", (960, 540), 516),
        ("mistral", "mistral-medium-latest", (280, 560), 200),
        ("mistral", "mistral-medium-latest", (9_000, 9_000), 3_025),
    ],
)
def test_an_image_costs_what_its_vendor_says(
    provider: str, model: str, size: tuple[int, int], tokens: int
) -> None:
    image = Attachment(name="x.png", media_type="image/png", data=png(*size))
    assert image_tokens(image, provider, model) == tokens


@pytest.mark.parametrize(
    ("provider", "model", "family"),
    [
        ("anthropic", "claude-opus-4-8", Family(factor=1.7)),
        ("anthropic", "claude-sonnet-5-5", Family(factor=1.7)),
        ("anthropic", "claude-fable-latest", Family(factor=1.7)),
        ("anthropic", "something-new", Family(factor=1.7)),
        ("anthropic", "claude-opus-4-6", Family(factor=1.5)),
        ("anthropic", "claude-opus-4-20250514", Family(factor=1.5)),
        ("anthropic", "claude-3-5-haiku-20241022", Family(factor=1.5)),
        ("openrouter", "anthropic/claude-sonnet-4.5", Family(factor=1.5)),
        ("openrouter", "anthropic/claude-opus-4.7", Family(factor=1.7)),
        ("bedrock", "anthropic.claude-3-5-sonnet-20240620-v1:0", Family(factor=1.5)),
        ("anthropic", "claude-instant-1.2", Family(factor=1.5)),
        ("deepseek", "deepseek-v4-flash", Family(factor=1.1)),
        ("groq", "deepseek-r1-distill", Family(factor=1.1)),
        ("openai", "gpt-6-luna", Family()),
        ("mistral", "labs-anything", Family(digit=1.0)),
        ("vllm", "Qwen/Qwen3.6-27B", Family(digit=1.0)),
        ("local", "/models/SmolLM2.gguf", Family(digit=1.0)),
        ("", "", Family()),
    ],
)
def test_the_family_is_known_by_the_names(provider: str, model: str, family: Family) -> None:
    assert family_of(provider, model) == family


def test_a_text_is_estimated_as_well_as_was_measured() -> None:
    """Each kind of text against each tokeniser, without calibration: 14 languages and formats."""
    errors = []
    for column, tokeniser in enumerate(RECORDED["tokenisers"]):
        family = family_of(*TOKENISERS[tokeniser])
        for kind in dict.fromkeys(text["kind"] for text in RECORDED["texts"]):
            texts = [text for text in RECORDED["texts"] if text["kind"] == kind]
            counted = sum(text["tokens"][column] for text in texts)
            estimated = sum(text_tokens(text["text"], family) for text in texts) * family.factor
            if tokeniser != "cl100k":  # of models that are gone
                errors.append(estimated / counted - 1)
    errors.sort(key=abs)
    assert abs(errors[len(errors) // 2]) < 0.15
    assert abs(errors[len(errors) * 9 // 10]) < 0.35
    assert min(errors) > -0.40
    assert max(errors) < 0.75


def test_the_texts_are_what_was_counted() -> None:
    assert len(RECORDED["texts"]) > 150
    for text in RECORDED["texts"]:
        assert len(text["tokens"]) == len(TOKENISERS)
        assert all(0 < tokens <= len(text["text"].encode()) for tokens in text["tokens"])


@pytest.mark.parametrize("text", ["", "\ud800", "a\0b", "🚀" * 9, "\U0010ffff", "é" * 1_000])
def test_any_text_has_a_count_below_its_bytes(text: str) -> None:
    tokens = text_tokens(text, Family())
    assert 0 <= tokens <= len(text.encode("utf-8", "surrogatepass"))
