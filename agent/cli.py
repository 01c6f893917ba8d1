"""The command line: parse, wire, exit codes; nothing else. What a command needs is imported when it runs."""

import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, cast

import click

from agent.commands import COMMANDS
from agent.output import (
    CANNOT_RUN,
    EXIT_OF_STATUS,
    FAULT,
    INTERRUPTED,
    NOT_SOLVED,
    SOLVED,
    WRONG_USAGE,
    deliver,
    say,
    write_out,
)
from agent.shell_completion import VARIABLE, Commands, model_names

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.events import Result
    from agent.verify.verify import Problem
    from agent.view.view import View

SOLVE = ":solve"
"""The command that takes a bare problem; no problem's first word."""
STANDARD_INPUT = "-"
"""As a problem: it is read there, as other programs do."""
MOST_MULTIPLE = 1_000_000
"""Of greedy's tokens."""
PIPE_PATIENCE = 3.0
"""Seconds that an open standard input may stay silent beside a problem that was given as an argument."""


CONTEXT: dict[str, Any] = {"help_option_names": [], "max_content_width": 100}
"""Every command's help is an option of our own making, see `_telling`."""


class _Commands(Commands):
    """`ponder PROBLEM` beside the commands."""

    spoken = "a solve"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What begins with no word of the group's own is read by the solve alone: where the group reads it first, it finds its
        own `-h` in `-fhouses.csv`, and takes the `--` behind `-q` away.
        """
        own = {name for option in self.params for name in option.opts} | self.commands.keys()
        return super().parse_args(ctx, [SOLVE, *args] if args and args[0] not in own else args)


def _with(command: Callable[..., None], options: Sequence[Callable[[Any], Any]]) -> Callable[..., None]:
    """The command with those options, which its help lists in their order."""
    for option in reversed(options):
        command = option(command)
    return command


def _solve_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that one shot, session, batch and bench share."""
    whole = click.INT
    options = [
        click.option(
            "--model",
            metavar="NAME_OR_PATH",
            help="A catalogue name or a GGUF file; auto picks by memory and GPU.",
            shell_complete=model_names,
        ),
        click.option("--gpu-layers", metavar="N", help="Layers offloaded; -1 all, auto all that fit."),
        click.option("--effort", type=click.Choice(["low", "medium", "high"]), help="A preset of the three budgets below."),
        click.option("--time", type=click.FLOAT, metavar="S", help="Budget of wall-clock seconds."),
        click.option("--tokens", type=whole, metavar="N", help="Budget of generated tokens."),
        click.option("--attempts", type=whole, metavar="N", help="Budget of attempts."),
        click.option("--width", type=whole, metavar="N", help="Branches explored at once."),
        click.option("--seed", type=whole, metavar="N", help="Makes the sampling repeatable."),
        click.option("--sandbox", type=click.Choice(["auto", "docker", "bubblewrap"]), help="Where code runs."),
        click.option("--plain", "view", flag_value="plain", help="Shows the reasoning as lines."),
        click.option("--live", "view", flag_value="live", help="Shows the reasoning live."),
        click.option("-q", "--quiet", "view", flag_value="quiet", help="Does not show the reasoning."),
    ]
    return _with(command, options)


def _problem_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what one problem is."""
    path = click.Path(path_type=Path)
    options = [
        click.option("-f", "--file", "files", multiple=True, type=path, help="Material for the working folder; repeatable."),
        click.option("--tests", type=path, metavar="FILE", help="Python assertions or pytest tests that must pass."),
        click.option("--check", metavar="CMD", help="A shell command beside solution.py; exit 0 verifies it."),
        click.option("--entry-point", metavar="NAME", help="The function that the tests call."),
    ]
    return _with(command, options)


def _telling(*names: str, what: str, text: Callable[[click.Context], str]) -> Callable[[Any], Any]:
    """An option that has something told, and that is all. Click's own end with status 1 where nobody reads on."""

    def tell(context: click.Context, _option: click.Parameter, given: bool) -> None:
        if given and not context.resilient_parsing:
            write_out(text(context) + "\n")
            context.exit()

    return click.option(*names, is_flag=True, is_eager=True, expose_value=False, callback=tell, help=what)


def _help(context: click.Context) -> str:
    """That of a solve is the whole program's: its own name is none that anybody types."""
    return (context.find_root() if context.command.name == SOLVE else context).get_help()


def _version(_context: click.Context) -> str:
    from agent.config import version

    return f"ponder, version {version()}"


_telling_version = _telling("--version", what="Show the version and exit.", text=_version)


@click.group(
    cls=_Commands,
    default=SOLVE,
    default_if_no_args=True,
    context_settings=CONTEXT,
    options_metavar="[OPTIONS]",
    subcommand_metavar="[PROBLEM] | COMMAND …",
)
@_telling_version
def cli() -> None:
    """A small local model that solves problems by trying ways, running what it wrote, and changing its way.

    ponder [PROBLEM] solves one problem: the argument, or standard input (also as -), or both (the piped text is then
    material). Without a problem, at a terminal, it opens a session. A problem whose first word is a command's name is given
    with -- in front.
    """


@cli.command(SOLVE, hidden=True)
@click.argument("problem", nargs=-1)
@_telling_version
@_problem_options
@_solve_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output instead of the answer.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Writes the answer there, whole or not at all.")
def solve_command(problem: tuple[str, ...], as_json: bool, output: Path | None, **options: Any) -> None:
    """Solves one problem."""
    from agent.records import decode_text, require_writable
    from agent.view.view import open_view

    settings = _settings(options)
    if output is not None:
        require_writable(output)
    piped = problem == (STANDARD_INPUT,)
    text = "" if piped else decode_text(os.fsencode(" ".join(problem)), "the problem")
    if not text and not piped and sys.stdin.isatty():
        from agent.repl import repl

        def read(said: str, files: Sequence[Path], tests: Path | None) -> "Problem":
            return _problem(said, "", options | {"files": tuple(files), "tests": tests})

        at_hand = cast(Sequence[Path], options["files"]), cast(Path | None, options["tests"])
        sys.exit(repl.run(settings, *at_hand, read, lambda result: deliver(result, as_json, output)))
    with open_view(settings.view) as view:
        result = _one_shot(settings, _problem(text, _piped(text, view), options), view)
    deliver(result, as_json, output)
    sys.exit(EXIT_OF_STATUS.get(result.status, NOT_SOLVED))


def _one_shot(settings: "Settings", problem: "Problem", view: "View") -> "Result":
    from agent import session
    from agent.events import Result
    from agent.machine import Interrupt, opened

    interrupt = Interrupt()
    try:
        with opened(settings, view, interrupt, width=settings.width) as machine:
            return session.solve_one(machine, problem, settings, view)
    except KeyboardInterrupt:
        return Result(status="interrupted")


def _settings(options: dict[str, Any]) -> "Settings":
    from agent import config

    names = config.Settings.model_fields
    return config.load({name: value for name, value in options.items() if name in names}).settings


def _problem(text: str, piped: str, options: dict[str, Any]) -> "Problem":
    """The problem from argument, pipe and options. Raises `UsageError` for what cannot be used."""
    from agent import records
    from agent.errors import UsageError
    from agent.verify.faults import faults
    from agent.verify.verify import Problem

    if not text.strip():
        text, piped = piped, ""
    if not text.strip():
        raise UsageError("the problem is empty; give it as an argument or on standard input")
    tests_file = cast(Path | None, options.get("tests"))
    tests = records.read_text(tests_file) if tests_file else None
    material = records.read_material(cast(tuple[Path, ...], options.get("files") or ()), piped)
    check, entry_point = cast(str | None, options.get("check")), cast(str | None, options.get("entry_point"))
    problem = Problem(text.strip(), piped, tests, check, entry_point, material)
    for field, why in faults(problem):
        place = tests_file if field == "tests" else "--" + field.replace("_", "-")
        raise UsageError(f"{place}: {why}")
    return problem


def _piped(argument: str, view: "View") -> str:
    """Standard input, where it is not a terminal. Beside an argument, one that stays open and silent is not waited for."""
    import select

    from agent.events import Notice
    from agent.records import decode_text, read_bounded

    if argument and sys.stdin.isatty():
        return ""
    if argument and not select.select([sys.stdin], [], [], PIPE_PATIENCE)[0]:
        view(Notice("standard input is open but silent; going on without it"))
        return ""
    return decode_text(read_bounded(sys.stdin.buffer, "standard input"), "standard input")


@cli.command()
@click.argument("path", metavar="IN.jsonl", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="OUT.jsonl", help="Default: IN.results.jsonl.")
@click.option("--parallel", type=click.IntRange(1, 64), default=4, show_default=True, help="Problems solved side by side.")
@click.option("--shard", metavar="K/N", help="Only every N-th line from the K-th on, into a file of its own: for job arrays.")
@click.option(
    "--retry",
    multiple=True,
    type=click.Choice(["agreed", "unverified", "failed", "error"]),
    help="Solves again what came out so; the newer record takes the older one's place. Repeatable.",
)
@_solve_options
def batch(path: Path, output: Path | None, parallel: int, shard: str | None, retry: tuple[str, ...], **options: Any) -> None:
    """Solves every record, each within the budget; resumes where it stopped."""
    from agent import batch as room

    plan = room.Plan(path, output, room.shard(shard), retry, parallel)
    solved_all = room.solve_file(_settings(options), plan)
    sys.exit(INTERRUPTED if solved_all is None else SOLVED if solved_all else NOT_SOLVED)


@cli.command()
@click.argument("suite", metavar="SUITE.jsonl", type=click.Path(path_type=Path))
@click.option("--arms", default="ponder", show_default=True, metavar="A,B,…", help="Ways of searching to compare.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N problems.")
@click.option("--shuffle", type=click.INT, metavar="SEED", help="Takes the problems in a seeded order.")
@click.option("--multiples", metavar="1,2,4,…", help="Budgets of tokens, not time, in multiples of greedy's for each problem.")
@click.option("--keep", type=click.Path(path_type=Path), metavar="DIR", help="Writes every attempt there, and resumes there.")
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE", help="Draws solved over tokens, as .svg or .png.")
@click.option("--parallel", type=click.IntRange(1, 64), default=8, show_default=True, help="Problems solved side by side.")
@_solve_options
def bench(suite: Path, **options: Any) -> None:
    """Solves a suite whose answers are hidden from the solver, and scores it.

    Arms: greedy, best-of-n, majority, repair-only, beam, ponder, and ponder without one of its features (ponder-no-…). The
    tables go to standard error, one JSON object to standard output.
    """
    import json

    from agent.bench import bench as room

    plan = room.Plan(
        suite=suite,
        arms=tuple(dict.fromkeys(name.strip() for name in str(options["arms"]).split(","))),
        multiples=_multiples(options["multiples"]),
        **{name: options[name] for name in ("limit", "shuffle", "keep", "plot", "parallel")},
    )
    report = room.run(_settings(options), plan)
    write_out(json.dumps(report) + "\n")
    if plan.plot:
        room.plot(report, plan.plot)
    sys.exit(INTERRUPTED if report["interrupted"] else SOLVED)


def _multiples(text: str | None) -> tuple[float, ...]:
    from agent.errors import UsageError

    try:
        multiples = [float(part) for part in text.split(",")] if text else []
    except ValueError:
        multiples = [0.0]
    if not all(0 < multiple <= MOST_MULTIPLE for multiple in multiples):
        raise UsageError(f"--multiples: {text!r} is not a list of positive numbers such as 1,2,4, none above {MOST_MULTIPLE:,}")
    return tuple(sorted({f"{multiple:g}": multiple for multiple in multiples}.values()))


def _tree(command: click.Command) -> Iterator[click.Command]:
    """The command and all below it."""
    yield command
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        yield from _tree(below)


for command in COMMANDS:
    cli.add_command(command)
for command in _tree(cli):
    _telling("-h", "--help", what="Show this message and exit.", text=_help)(command)


def main() -> NoReturn:
    """Runs the command line and exits with the contract's status: the one place where errors become lines and numbers."""
    _settle_streams()
    _end_on_signals()
    with _told_in_one_line():
        cli.main(prog_name="ponder", complete_var=VARIABLE, standalone_mode=False)
    sys.exit(SOLVED)


def _settle_streams() -> None:
    """A stream that the parent closed leads nowhere; text leaves as UTF-8 whatever the locale says."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115  (it stays open)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            cast(Any, stream).reconfigure(encoding="utf-8", errors="backslashreplace")


def _end_on_signals() -> None:
    """Being told to end unwinds as Ctrl-C does, so that no download, container or half-written file stays behind."""
    import signal

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    import signal

    signal.signal(number, signal.SIG_IGN)  # a closed terminal is told of by kernel and shell; the second must not end the end
    sys.exit(INTERRUPTED)


@contextmanager
def _told_in_one_line() -> Generator[None]:
    try:
        yield
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.format_message())
        sys.exit(WRONG_USAGE)
    except click.ClickException as error:
        _fail(error.format_message(), WRONG_USAGE)
    except Exception as error:
        _fail(*_told(error))


def _told(error: Exception) -> tuple[str, int]:
    """The line and the status. What the errors are is imported only where there is one."""
    from agent.errors import MachineError, UsageError
    from tools.sandbox import SandboxError

    if isinstance(error, UsageError):
        return str(error), WRONG_USAGE
    if isinstance(error, MachineError | SandboxError):
        return str(error), CANNOT_RUN
    if os.environ.get("PONDER_DEBUG"):
        raise error
    return f"internal error: {type(error).__name__}: {error} (PONDER_DEBUG=1 shows where)", FAULT


def _fail(message: str, status: int) -> NoReturn:
    from agent.text import one_line

    say(f"ponder: {one_line(message)}")
    sys.exit(status)
