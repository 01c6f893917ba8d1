"""The commands beside solving: what there is, and how this machine stands. Each imports what it needs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.output import CANNOT_RUN, SOLVED, say, write_out
from agent.runs import replay, runs
from agent.shell_completion import SHELLS, model_names, script, strategy_names

if TYPE_CHECKING:
    from agent.config import Settings


def _settings(**given: str | None) -> "Settings":
    """Those in force, where nothing else is given."""
    from agent.config import load

    return load(given).settings


@click.group()
def models() -> None:
    """The catalogue of models."""


@models.command("list")
def models_list() -> None:
    """Every model by name, and whether it is on disk."""
    from agent import models as room
    from agent.view.tables import show_table

    rows = [
        (
            model.name,
            model.parameters,
            f"{model.bytes / 1e9:.1f} GB",
            f"{model.context:,}",
            model.licence,
            "on disk" if room.locate(model) else "",
            model.purpose,
        )
        for model in room.catalogue()
    ]
    show_table(None, ("name", "size", "file", "context", "licence", "", "for"), rows, sys.stdout)


@models.command("pull")
@click.argument("name", required=False, shell_complete=model_names)
def models_pull(name: str | None) -> None:
    """Downloads a model unless it is on disk: that of the settings unless NAME is given; auto picks by memory and GPU."""
    from agent.machine import model_file, told, wanted_model
    from agent.view.view import open_view

    settings = _settings(model=name)
    with open_view(settings.view) as view:
        found, path = model_file(wanted_model(settings.model), told(view, "bytes"))
    say(f"{found}: {path}")


@models.command("path")
@click.argument("name", required=False, shell_complete=model_names)
def models_path(name: str | None) -> None:
    """Prints where a model lies, which must be on disk: that of the settings unless NAME is given."""
    from agent.errors import MachineError
    from agent.machine import wanted_model
    from agent.models import locate

    name = _settings(model=name).model
    model = wanted_model(name)
    path = model if isinstance(model, Path) else locate(model)
    if path is None:
        raise MachineError(f"{name} is not on disk; ponder models pull {name}")
    write_out(f"{path}\n")


@click.group()
def sandbox() -> None:
    """Where code runs."""


@sandbox.command("status")
def sandbox_status() -> None:
    """Which sandboxes work here, and what each does not cover."""
    from agent.view.tables import show_finding
    from tools.choose import status

    for standing in status():
        show_finding("ok" if standing.works else "warn", standing.name, standing.detail, sys.stdout)
        write_out("".join(f"    not covered: {what}: {how_far}\n" for what, how_far in standing.not_covered))


@sandbox.command("build")
def sandbox_build() -> None:
    """Makes the sandbox of the settings ready: pulls or builds its image where Docker serves."""
    from agent.machine import told
    from agent.view.view import open_view
    from tools.choose import open_sandbox

    settings = _settings()
    with (
        open_view(settings.view) as view,
        open_sandbox(settings.sandbox, told(view, "permille"), registry=settings.registry, full=True) as opened,
    ):
        said = f"{opened.name} is ready" + (f" ({opened.why})" if opened.why else "")
    say(said)


@sandbox.command("selftest")
@click.option("--sandbox", type=click.Choice(["auto", "docker", "bubblewrap"]), help="Which; default: that of the settings.")
def sandbox_selftest(sandbox: str | None) -> None:
    """Tries what must not work, live."""
    from agent.view.tables import show_finding
    from tools.choose import open_sandbox
    from tools.selftest import selftest

    held = True
    settings = _settings(sandbox=sandbox)
    with open_sandbox(settings.sandbox, registry=settings.registry) as opened:
        for name, holds, happened in selftest(opened):
            held = held and holds
            show_finding("ok" if holds else "fail", name, "" if holds else happened, sys.stdout)
    sys.exit(SOLVED if held else CANNOT_RUN)


@click.group(invoke_without_command=True)
@click.pass_context
def strategies(context: click.Context) -> None:
    """The ways of trying; without more words it lists them."""
    if context.invoked_subcommand is None:
        context.invoke(strategies_list)


@strategies.command("list")
def strategies_list() -> None:
    """Every strategy by name."""
    from agent.strategies import catalogue, faults
    from agent.view.tables import show_strategies

    show_strategies(catalogue().values(), sys.stdout)
    for fault in faults():
        say(fault)


@strategies.command("show")
@click.argument("name", shell_complete=strategy_names)
def strategies_show(name: str) -> None:
    """A strategy's wording, and what a reply is made to begin with."""
    from agent.strategies import fault, find

    shown = find(name)
    if left_out := fault(name):
        say(left_out)
    begins = f"\n\nThe reply begins with:\n{shown.begins.rstrip()}" if shown.begins else ""
    write_out(f"{shown.wording.strip()}{begins}\n")


@click.group("config")
def config() -> None:
    """The settings."""


@config.command("show")
def config_show() -> None:
    """The settings in force, and where each came from."""
    from agent.config import load
    from agent.view.tables import show_table

    configured = load({})
    values = configured.settings.model_dump()
    rows = [(name, "" if values[name] is None else str(values[name]), origin) for name, origin in configured.origins.items()]
    show_table(None, ("setting", "value", "from"), rows, sys.stdout)


@config.command("path")
def config_path() -> None:
    """Where the user's config file lies."""
    from agent.config import user_file

    write_out(f"{user_file()}\n")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def doctor(as_json: bool) -> None:
    """Checks the machine; says what is wrong and the command that mends it."""
    import json
    from dataclasses import asdict

    from agent import doctor as room
    from agent.view.tables import show_finding

    well = True
    for finding in room.examine():
        well = well and finding.state != "fail"
        if as_json:
            write_out(json.dumps(asdict(finding), ensure_ascii=False) + "\n")
        else:
            mend = f"; mend: {finding.mend}" if finding.mend else ""
            show_finding(finding.state, finding.name, finding.detail + mend, sys.stdout)
    sys.exit(SOLVED if well else CANNOT_RUN)


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Prints what teaches a shell to complete ponder's words: eval "$(ponder completion bash)"."""
    write_out(script(context.find_root().command, shell) + "\n")


COMMANDS = (runs, replay, models, sandbox, strategies, config, doctor, completion)
