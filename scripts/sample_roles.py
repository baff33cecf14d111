"""Has the real aichat and llm say what they send of their roles and templates, for
tests/formats/roles.

    python scripts/sample_roles.py /path/to/aichat /path/to/python-with-llm

Each role is a file in tests/formats/roles/aichat or llm; what the program makes of it and the
question `hello` goes into `sent.json` beside them. Nothing is sent anywhere: aichat has a dry run,
and llm's templates are evaluated by its own class.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "tests" / "formats" / "roles"
CONFIG = """\
model: loop:loopback-1
clients:
- {type: openai-compatible, name: loop, api_base: "http://127.0.0.1:9/v1", api_key: none,
   models: [{name: loopback-1}]}
- {type: openai, api_key: none}
"""
EVALUATE = """
import json, sys, yaml
from llm.templates import Template
for path in sys.argv[1:]:
    loaded = yaml.safe_load(open(path))
    loaded = {"prompt": loaded} if isinstance(loaded, str) else loaded
    template = Template(name="x", **loaded)
    uses = "input" in template.vars()
    try:
        prompt, system = template.evaluate("hello" if uses else "", {})
    except Template.MissingVariables as error:
        print(json.dumps({"missing": str(error)}))
        continue
    if not uses:
        prompt = f"{prompt}\\n{'hello'}" if prompt else "hello"
    print(json.dumps({"system": system, "prompt": prompt}))
"""


def main(aichat: str, python: str) -> None:
    """Write both files."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "config.yaml").write_text(CONFIG)
        shutil.copytree(SAMPLES / "aichat", home / "roles")
        environ = {"AICHAT_CONFIG_DIR": folder, "HOME": folder, "PATH": os.environ["PATH"]}
        sent = {}
        for path in sorted((SAMPLES / "aichat").glob("*.md")):
            command = [aichat, "-r", path.stem, "--dry-run", "hello"]
            sent[path.stem] = subprocess.run(
                command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                check=True, cwd="/",
            ).stdout  # fmt: skip
        write(SAMPLES / "aichat", sent)
    paths = sorted((SAMPLES / "llm").glob("*.yaml"))
    told = subprocess.run(
        [python, "-c", EVALUATE, *map(str, paths)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    write(SAMPLES / "llm", {p.stem: json.loads(t) for p, t in zip(paths, told, strict=True)})


def write(folder: Path, sent: dict[str, object]) -> None:
    (folder / "sent.json").write_text(json.dumps(sent, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
