"""The pytest plugin: ``pytest --leapcheck module:Class`` runs every check as a test.

Without paths only these are run, with paths both.  It stands alone at the top, and imports nothing
of leapcheck until the option is used, so that it costs other people's test runs nothing.
"""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("leapcheck").addoption(
        "--leapcheck",
        action="append",
        default=[],
        metavar="module:Class",
        help="put a sampler or a theorem through leapcheck's checks; may be given several times",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("leapcheck"):
        alone = config.args_source is not pytest.Config.ArgsSource.ARGS
        given = getattr(config, "workerinput", None)  # pytest-xdist: its workers are given paths
        config.pluginmanager.register(_Checks(config, given["leapcheck"] if given else alone))


class _Checks:
    """What is done where the option is given; ``alone`` where no paths are."""

    def __init__(self, config: pytest.Config, alone: bool) -> None:
        self.things = list(config.getoption("leapcheck") or ())
        self.alone = alone

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node) -> None:  # of pytest-xdist
        node.workerinput["leapcheck"] = self.alone

    def pytest_ignore_collect(self) -> bool | None:
        return True if self.alone else None

    def pytest_collection_modifyitems(self, session: pytest.Session, items: list) -> None:
        for thing in self.things:
            items += _OfThing.from_parent(session, name=thing, nodeid=thing).collect()


class _OfThing(pytest.Collector):
    """The checks of one sampler or theorem."""

    def collect(self) -> list[pytest.Item]:
        import sys
        from pathlib import Path

        from harness.foundation import compilation
        from harness.regress.as_tests import checks_to_run

        compilation.quickly()  # as on the command line
        if (here := str(Path.cwd())) not in sys.path:
            sys.path.insert(0, here)  # a module of the current folder, as on the command line
        try:
            found = checks_to_run([self.name])
        except (ValueError, TypeError) as error:
            raise pytest.UsageError(f"--leapcheck {self.name}: {error}") from error
        return [
            _Check.from_parent(self, name=check.name, thing=self.name, check=check)
            for _, check in found
        ]


class _Check(pytest.Item):
    """One check."""

    def __init__(self, *, thing: str, check, **rest) -> None:
        super().__init__(**rest)
        self.thing, self.check = thing, check

    def runtest(self) -> None:
        self.check()

    def reportinfo(self) -> tuple[str, int | None, str]:
        return self.thing, None, f"{self.thing}: {self.name}"
