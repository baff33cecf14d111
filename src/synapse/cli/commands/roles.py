"""`synapse roles [NAME]`: the roles that there are, or one of them whole."""

from __future__ import annotations

from synapse.advice import Advice
from synapse.cli.listing.json_output import SCHEMA, write_json
from synapse.cli.listing.tables import listing, tsv_row
from synapse.config.roles.finding import all_roles, find_role
from synapse.config.roles.role import Role, template_fault
from synapse.config.roles.template import INPUT
from synapse.terminal.safe import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from synapse.cli.context import Context

EXAMPLES = """examples:
  synapse roles
  synapse roles translator
  synapse --role translator --var language=Greek "Good morning"
"""


def arguments(parser: ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("name", nargs="?", metavar="ROLE", help="show this one, with its prompts")
    add("--json", action="store_true", help="one JSON object")


def run(args: Namespace, context: Context) -> int:
    """List the roles by name, or show one."""
    if args.name is not None:
        role = find_role(context.settings, args.name, context.environ)
        roles = [role.replace(fault=role.fault or template_fault(role))]
    else:
        roles = all_roles(context.settings, context.environ)
    if args.json:
        write_json(context, {"schema": SCHEMA, "roles": [_role_object(role) for role in roles]})
    elif args.name is not None:
        context.stdout.show(_whole(roles[0]))
    elif not context.stdout.is_terminal:
        context.stdout.write("".join(tsv_row(_fields(role)) for role in roles))
    elif roles:
        heads = ("ROLE", "PROVIDER", "MODEL", "FOR")
        cells = [tuple(clean_line(field) for field in _fields(role)[:4]) for role in roles]
        context.stdout.write("".join(f"{line}\n" for line in listing(context, [heads, *cells])))
    faulty = [role for role in roles if role.fault]
    for role in faulty:
        context.warn(f'role "{clean_line(role.name)}": {role.fault}', f"See:  {role.source}")
    if not roles and not context.quiet:
        take = Advice("Take in those of other programs:  ", "config import-roles")
        context.say("There are no roles. [roles.NAME] in the configuration makes one.", take)
    return 1 if args.name is not None and faulty else 0


def _fields(role: Role) -> tuple[str, str, str, str, str]:
    what_for = role.description or _beginning(role.system or role.prompt or "")
    return role.name, role.provider or "", role.model or "", what_for, role.source


def _beginning(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _role_object(role: Role) -> dict[str, object]:
    return {
        "name": role.name,
        "description": role.description,
        "provider": role.provider,
        "model": role.model,
        "parameters": {**role.parameters},
        "system": role.system,
        "prompt": role.prompt,
        "variables": [
            {"name": name, "default": role.defaults.get(name)} for name in _variables(role)
        ],
        "source": role.source,
        "fault": role.fault,
    }


def _variables(role: Role) -> list[str]:
    return role.variables if template_fault(role) is None else []


def _whole(role: Role) -> str:
    """What a person may want to know of it."""
    facts = [
        ("Role", role.name),
        ("For", role.description),
        ("Provider", role.provider),
        ("Model", role.model),
        ("Parameters", ", ".join(f"{name}={value}" for name, value in role.parameters.items())),
        ("Variables", ", ".join(_shown(role, name) for name in _variables(role))),
        ("From", role.source),
    ]
    lines = [f"{name + ':':<12}{clean_line(str(value))}" for name, value in facts if value]
    for title, text in (("System prompt", role.system), ("Questions", role.prompt)):
        if text:
            lines += ["", f"{title}:", clean(text.rstrip())]
    if role.prompt and not role.fault and role.asks_for_input is False:
        lines += ["", f"The question stands below it: it has no {{{INPUT}}}."]
    return "\n".join(lines) + "\n"


def _shown(role: Role, name: str) -> str:
    return f"{name}={role.defaults[name]}" if name in role.defaults else name
