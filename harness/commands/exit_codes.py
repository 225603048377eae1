"""How a command ends: one line on stderr where it cannot go on, and an exit code.

0 as expected, 1 a verdict or a check differs, 2 bad input, 3 input or output failed, 130 Ctrl-C.
A closed pipe, as of ``| head -1``, is output that failed, and needs no words.
"""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

from typer.core import TyperGroup

from harness.foundation import telling
from harness.foundation.whole_files import NotWritten

DIFFERS, BAD_INPUT, FAILED, INTERRUPTED = 1, 2, 3, 130


class _Interrupted(Exception):
    """Ctrl-C, by a name that typer leaves alone."""


class _ClosedPipe(Exception):
    """Nobody reads on; likewise."""


class Commands(TyperGroup):
    """The commands, none of which is silent for long.

    Interruptions and closed pipes come out of ``typer`` as they are.
    """

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        found = super().resolve_command(ctx, args)
        telling.tell(f"leapcheck {found[0]}")
        return found

    def invoke(self, ctx: Any) -> Any:
        try:
            with telling.telling("leapcheck"):
                found = super().invoke(ctx)
                sys.stdout.flush()  # else a closed pipe would show when the interpreter ends
            return found
        except KeyboardInterrupt as stopped:
            raise _Interrupted(*stopped.args) from None
        except BrokenPipeError:
            raise _ClosedPipe from None


def run(app: Callable[[], Any]) -> NoReturn:
    """Call ``app`` and end with what its end means."""
    usual = sys.unraisablehook
    try:
        sys.unraisablehook = partial(_again, usual)
        app()
    except (_Interrupted, KeyboardInterrupt) as stopped:
        _leave_interrupted("; ".join(["interrupted", *map(str, stopped.args)]))
    except _ClosedPipe:
        _to_nowhere()
        sys.exit(FAILED)
    except FloatingPointError as error:  # a step law that is none is a check that failed
        _stop(error, DIFFERS)
    except NotWritten as error:
        _stop(error, FAILED)
    except (ValueError, TypeError, FileNotFoundError) as error:
        _stop(error, BAD_INPUT)
    except OSError as error:
        _stop(error, FAILED)
    finally:
        sys.unraisablehook = usual
        # All is said: while the interpreter is taken down Ctrl-C would only kill it.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    sys.exit(0)


def _again(usual: Callable[[Any], Any], lost: Any) -> None:
    """Ctrl-C that came within a callback, from which Python raises nothing, is heard once more."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        main = threading.main_thread().ident or 0
        threading.Timer(0.05, signal.pthread_kill, (main, signal.SIGINT)).start()
    else:
        usual(lost)


def _stop(error: Exception, code: int) -> NoReturn:
    print(f"leapcheck: {error}", file=sys.stderr)
    sys.exit(code)


def _leave_interrupted(told: str) -> NoReturn:
    """End now.  Threads of XLA may be compiling, and crash where the interpreter is taken down."""
    with suppress(OSError):
        print(f"leapcheck: {told}", file=sys.stderr, flush=True)
    with suppress(OSError):
        sys.stdout.flush()
    os._exit(INTERRUPTED)


def _to_nowhere() -> None:
    """What is still to be flushed when the interpreter ends goes nowhere."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
