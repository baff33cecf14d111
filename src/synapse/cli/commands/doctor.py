"""`synapse doctor`: what is configured, reachable, writable; fit to be pasted into a report."""

from __future__ import annotations

import os
import platform
import sys
from shlex import quote

from synapse import __version__, paths
from synapse.advice import Advice
from synapse.app.context.window import window_of
from synapse.cli.asking.remembered_models import remembered
from synapse.cli.commands.config.shared import layers_of
from synapse.cli.listing.json_output import SCHEMA, write_json
from synapse.config import shared_with_rust
from synapse.config.choosing import for_new_session
from synapse.errors import SynapseError
from synapse.ports import Finding
from synapse.providers.local_model.weights import pull

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: Namespace, context: Context) -> int:
    """Look at everything around Synapse; 1 if something needs attention."""
    findings = [
        *_program(context),
        *_folders(context),
        *_configuration(context),
        *_store(context),
    ]
    if args.json:
        # what a repair could not leave as it was is the check's to tell
        fields = ("subject", "text", "ok", "repairable")
        listed = [
            {
                **{name: getattr(finding, name) for name in fields},
                "hint": "\n".join(context.hint_lines(finding.hints)),
            }
            for finding in findings
        ]
        write_json(context, {"schema": SCHEMA, "findings": listed})
    else:
        for finding in findings:
            mark = "ok  " if finding.ok else "!!  "
            lines = [f"{mark}{finding.subject}: {finding.text}"]
            lines += [f"      {hint}" for hint in context.hint_lines(finding.hints)]
            for line in lines:
                context.stdout.write(f"{context.wrapped(line, context.stdout)}\n")
    return 0 if all(finding.ok for finding in findings) else 1


def _program(context: Context) -> list[Finding]:
    python = f"Python {platform.python_version()} on {platform.system()} {platform.release()}"
    where = (
        f"terminal {context.environ.get('TERM', 'unknown')}, encoding {sys.getfilesystemencoding()}"
    )
    return [
        Finding(subject="synapse", text=f"{__version__}, {python}", ok=True),
        Finding(subject="terminal", text=where, ok=True),
    ]


def _folders(context: Context) -> list[Finding]:
    """Whether what Synapse keeps beside the conversations can be written. Nothing is made here."""
    findings = []
    for subject, place in (
        ("settings and keys", paths.config_dir),
        ("answers that can't be stored", paths.state_dir),
        ("models", paths.cache_dir),
    ):
        try:
            folder = place(context.environ)
        except SynapseError as error:
            return [Finding(subject="home", text=error.message, hints=error.hints[:1])]
        findings.append(_folder(subject, folder))
    return findings


def _folder(subject: str, folder: str) -> Finding:
    """A folder, or where it will be made: the nearest one above it that exists."""
    existing = folder
    while not os.path.lexists(existing):
        existing = os.path.dirname(existing)
    if not os.path.isdir(existing):
        return Finding(
            subject=subject, text=f"{existing} is no folder", hints=("Move it out of the way",)
        )
    if not os.access(existing, os.W_OK | os.X_OK, effective_ids=True):
        where = folder if existing == folder else f"{folder} (to be made in {existing})"
        return Finding(
            subject=subject,
            text=f"{where} can't be written",
            hints=(f"See who may:  ls -ld {quote(existing)}",),
        )
    return Finding(subject=subject, text=folder, ok=True)


def _configuration(context: Context) -> list[Finding]:
    try:
        settings = context.settings
    except SynapseError as error:
        return [Finding(subject="configuration", text=error.message, hints=error.hints)]
    provider = settings.provider or context.default_provider()
    findings = [Finding(subject="configuration", text="valid", ok=True), *_other_meanings(context)]
    if provider is None:
        return [
            *findings,
            Finding(
                subject="provider",
                text="none is configured, and no key was found",
                hints=(
                    Advice("Store one:  ", "keys set", "PROVIDER"),
                    pull("Or a small model here:  "),
                ),
            ),
        ]
    try:
        context.provider(provider)
        findings.append(Finding(subject="provider", text=f"{provider} has what it needs", ok=True))
        return [*findings, _model(context)]
    except SynapseError as error:
        hints = error.hints[:1]
        return [*findings, Finding(subject="provider", text=error.message, hints=hints)]


def _model(context: Context) -> Finding:
    """Which model answers, and how large its window is. Raises SynapseError."""
    choice = for_new_session(context, None, None)
    window = window_of(
        context.provider(choice.provider),
        choice.model,
        configured=context.settings.context_window,
        listed=lambda: remembered(context, choice.provider),
    )
    known = "whose window is unknown"
    if window is not None:
        known = f"with a window of {window.tokens:,} tokens (by the {window.source})"
    return Finding(subject="model", text=f"{choice.provider}/{choice.model}, {known}", ok=True)


def _other_meanings(context: Context) -> list[Finding]:
    """What the Rust Synapse, where it is about, takes so that it destroys or misses sessions."""
    layers = layers_of(context)
    around = context.is_shared_with(shared_with_rust.NAME)
    if not around and not shared_with_rust.shares_the_file(layers):
        return []
    told = [text for _, text in shared_with_rust.destructive_limits(layers)]
    return [
        Finding(
            subject="configuration", text=text, hints=(Advice("All of them:  ", "config check"),)
        )
        for text in [*told, *shared_with_rust.other_database(layers)]
    ]


def _store(context: Context) -> list[Finding]:
    try:
        inspection = context.inspection
        findings = [Finding(subject="database", text=inspection.location, ok=True)]
        return [*findings, *inspection.diagnose()]
    except SynapseError as error:
        return [Finding(subject="database", text=error.message, hints=error.hints[:1])]
