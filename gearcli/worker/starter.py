"""Starting the command of a recipe: its program, arguments, environment, folder and limits."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from shutil import which
from typing import NamedTuple

from gearcli.worker.command import Command, program_of
from gearcli.worker.environment import of as variables_of
from gearcli.worker.guardian import MARK, folder_prefix
from gearcli.worker.plan import FRESH_FOLDER, Recipe
from gearcli.worker.report import DESCRIPTOR
from gearcli.worker.worker import Job


class Started(NamedTuple):
    """A command that runs, and the folder that is to be removed afterwards, if there is one."""

    command: Command
    folder: str | None

    def clean(self) -> None:
        """Remove what was made for it."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


class Starter:
    """Starts the command of a recipe again and again.

    `marks` are variables that every command gets, a guardian's among them.  Raises CommandError if
    the command cannot be executed at all.
    """

    def __init__(self, recipe: Recipe, marks: Mapping[str, str]) -> None:
        self.recipe = recipe
        self._program = program_of(recipe.argv)
        self._environment = {
            **variables_of(recipe, os.environ),
            **marks,
            "GEARMAN_STATUS_FD": str(DESCRIPTOR),
        }

    def start(self, job: Job, number: int) -> Started:
        """Start it for the attempt of a number at a job.  Raises OSError."""
        recipe = self.recipe
        started = self._started(_arguments(recipe, job), _about(job, number))
        started.command.give(b"" if recipe.replace else job.workload, last=True)
        started.command.close_spent()
        return started

    def start_standing(self) -> Started:
        """Start it for the records of many jobs.  Raises OSError."""
        return self._started(self.recipe.argv, {})

    def _started(self, argv: Sequence[str | bytes], about: Mapping[str, str]) -> Started:
        fresh = self.recipe.workdir == FRESH_FOLDER
        folder = tempfile.mkdtemp(prefix=folder_prefix(self._environment[MARK])) if fresh else None
        try:
            command = self._command(argv, {**self._environment, **about}, folder or self.recipe.workdir)
        except BaseException:
            if folder is not None:
                os.rmdir(folder)
            raise
        return Started(command, folder)

    def _command(
        self, argv: Sequence[str | bytes], variables: Mapping[str, str], folder: str | None
    ) -> Command:
        """Start it, also if its program has moved."""

        def command() -> Command:
            captured = self.recipe.stderr != "local"
            limits = self.recipe.limits
            return Command(
                self._program, argv, variables, capture_stderr=captured, folder=folder, limits=limits
            )

        try:
            return command()
        except FileNotFoundError as error:
            if folder is not None and not os.path.isdir(folder):
                raise FileNotFoundError(error.errno, f"there is no folder {folder}") from None
            found = which(self.recipe.argv[0])
            if found is None or os.path.abspath(found) == self._program:
                raise
            self._program = os.path.abspath(found)
            return command()


def _arguments(recipe: Recipe, job: Job) -> Sequence[str | bytes]:
    """The arguments, in which the workload stands where it is wanted; never as the program's name."""
    if recipe.replace is None:
        return recipe.argv
    wanted = os.fsencode(recipe.replace)
    program, *rest = recipe.argv
    return [program, *(os.fsencode(each).replace(wanted, job.workload) for each in rest)]


def _about(job: Job, number: int) -> Mapping[str, str]:
    """What a command's environment says of its job."""
    return {
        "GEARMAN_HANDLE": os.fsdecode(job.handle),
        "GEARMAN_FUNCTION": os.fsdecode(job.function),
        "GEARMAN_UNIQUE": os.fsdecode(job.unique),
        "GEARMAN_SERVER": str(job.session.address),
        "GEARMAN_ATTEMPT": str(number),
    }
