"""Groups of commands that a shell can complete, what it offers then, and the scripts that teach it to: bash, zsh, fish."""

from typing import TYPE_CHECKING

import click
from click_default_group import DefaultGroup

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

VARIABLE = "_PONDER_COMPLETE"
SHELLS = ("bash", "zsh", "fish")


class Commands(DefaultGroup):
    """A group with a default command, which completes as well as it parses, and whose help shows that command's options."""

    spoken = "list"
    """What the help calls the default command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """While a shell completes, nothing typed yet is nothing chosen yet: every command may still follow."""
        return click.Group.parse_args(self, ctx, args) if ctx.resilient_parsing else super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = {option.name for option in self.params}
        options = [option for option in self.commands[str(self.default_cmd_name)].params if option.name not in own]
        with formatter.section(f"Options of {self.spoken}"):
            formatter.write_dl([row for option in options if (row := option.get_help_record(ctx))])
        super().format_options(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Commands, and the options of the one that is meant when none is named."""
        found = super().shell_complete(ctx, incomplete)
        default = self.commands[str(self.default_cmd_name)]
        if not incomplete.startswith("-"):
            return found
        known = {item.value for item in found}
        return found + [item for item in default.shell_complete(ctx, incomplete) if item.value not in known]


def script(command: click.Command, shell: str) -> str:
    """What `shell` evaluates so that it asks ponder what could stand at the cursor."""
    from click.shell_completion import get_completion_class

    completion = get_completion_class(shell)
    assert completion is not None
    return completion(command, {}, "ponder", VARIABLE).source()


def run_ids(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """Past runs, the latest first, each with its problem."""
    from click.shell_completion import CompletionItem

    from agent.errors import PonderError
    from agent.store.store import Store
    from agent.text import one_line

    try:
        with Store.open() as store:
            found = store.runs(200)
    except PonderError:
        return []
    return [CompletionItem(run.run, help=one_line(run.problem, 60)) for run in found if run.run.startswith(incomplete)]


def model_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    """The catalogue; what is in no name is a file."""
    from click.shell_completion import CompletionItem

    from agent.models import catalogue

    purposes = {"auto": "what this machine's memory suits"} | {model.name: model.purpose for model in catalogue()}
    named = [CompletionItem(name, help=purpose) for name, purpose in purposes.items() if name.startswith(incomplete.lower())]
    return named or [CompletionItem(incomplete, type="file")]


def strategy_names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> "list[CompletionItem]":
    from click.shell_completion import CompletionItem

    from agent.errors import PonderError
    from agent.strategies import catalogue

    try:
        found = catalogue().values()
    except PonderError:
        return []
    return [CompletionItem(one.name, help=one.summary) for one in found if one.name.startswith(incomplete)]
