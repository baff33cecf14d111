"""`synapse db info`: counts and sizes."""

from __future__ import annotations

from synapse.cli.listing.json_output import SCHEMA, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: Namespace, context: Context) -> int:
    """Print facts about the database."""
    info = context.inspection.info()
    if args.json:
        facts = {
            **info.__dict__,
            "backups": list(info.backups),
            "programs": list(info.programs),
            "files": [{"path": path, "size": size} for path, size in info.files],
            "size": info.size,
        }
        facts["database_schema"] = facts["schema"]
        write_json(context, {**facts, "schema": SCHEMA})
        return 0
    lines = [
        ("location", info.location),
        *(
            ("beside it", f"{path} ({size(held)} that are not in the main file yet)")
            for path, held in info.files[1:]
        ),
        ("engine", info.engine),
        ("schema", str(info.schema)),
        ("sessions", f"{info.sessions:,}"),
        ("in the trash", f"{info.trashed:,}{_of_others(info.kept)}"),
        ("messages", f"{info.messages:,}"),
        ("size", size(info.size) + (f", of which {size(info.free)} unused" if info.files else "")),
        *(("backup", path) for path in info.backups),
        *(("also used by", f"{name}: {_PROMISES}") for name in info.programs),
    ]
    context.stdout.show("".join(f"{name:<14}{value}\n" for name, value in lines))
    return 0


_PROMISES = (
    "what it deletes is kept in the trash here; its text stays on unused pages until db vacuum"
)


def _of_others(kept: int) -> str:
    return f", {kept:,} of them deleted by another program" if kept else ""


def size(count: int) -> str:
    """Bytes for people: `712 bytes`, `14.2 kB`, `3.1 GB`."""
    if count < 1000:
        return f"{count} bytes"
    value, unit = count / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}"
