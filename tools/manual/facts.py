"""What several pages tell, from the modules that know it: statuses, variables, files, commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from gearcli.cli import config, reach
from gearcli.cli.dropin.differences import DIFFERENCES
from gearcli.cli.exits import MEANINGS, ExitStatus
from gearcli.protocol import address, text
from gearcli.server.operator import Operator
from gearcli.worker import environment
from tests.interop import conversations_jobs, conversations_packets, conversations_text, conversations_workers
from tools.manual import keys, mdoc

_SERVERS, _SERVER = address.ENVIRONMENT

VARIABLES = {
    _SERVERS: "The servers, separated by commas, where no `--server` is given.",
    _SERVER: f"The same, where `{_SERVERS}` is not set.",
    config.ENVIRONMENT: "The context of the configuration file that is used without `--context`. "
    f"`{_SERVERS}` and `{_SERVER}` go before its servers; its other keys count beside them.",
    "XDG_CONFIG_HOME": "The folder of configuration files; `~/.config` if it is not set.",
    "XDG_DATA_HOME": "The folder of a user's data; `~/.local/share` if it is not set.",
    "BASH_COMPLETION_USER_DIR": "Where bash looks for a user's completions, before the folder of data.",
    "ZDOTDIR": "Where zsh looks for a user's files, if it is not the home folder.",
    "TMPDIR": "The folder of temporary files; `/tmp` if it is not set.",
    "PAGER": "What shows a page of the manual where neither man(1) nor mandoc(1) is there.",
    "TERM": "The kind of terminal; on one that is `dumb` nothing is drawn and nothing is coloured.",
    "NO_COLOR": "If it is set and not empty, nothing is coloured.",
    "NOTIFY_SOCKET": "Where a service manager is told that the process is ready, stops, or reads its "
    "configuration again; see sd_notify(3).",
    "WATCHDOG_USEC": "How often the service manager wants to hear that the process is well.",
    "LISTEN_FDS": "How many sockets the service manager hands over; see sd_listen_fds(3).",
    "GEARMAND_PORT": "The port, where no `--port` is given.",
    reach.CA: "Certificates of authorities: of those that vouch for servers, or for the clients of a server.",
    reach.CERT: "Our certificate, where TLS is used.",
    reach.KEY: "The key of that.",
    "GEARMAND_SERVER_PEM": "The server's certificate, for `--tls`.",
    "GEARMAND_SERVER_KEY": "The key of that.",
}
"""Variables of the environment, and what they are for."""

JOB_VARIABLES = dict(
    zip(
        environment.OURS,
        (
            "The job's handle.",
            "Its function.",
            "Its unique.",
            "The server that it came from.",
            "The descriptor on which the command tells how far it is; see gear-report(1).",
            "1 when the command is started for this job the first time, 2 after a retry, and so on.",
        ),
        strict=True,
    )
)
"""Variables that a worker sets for its commands."""

CONFIG = "~/.config/gear/config.toml"
FILES = {
    CONFIG: "Servers, the time limit of connecting, TLS, and contexts: defaults of the options; see gear(1). "
    "It need not be there.",
}
"""Files, and what they are for."""

_CONVERSATIONS = {
    "packets": conversations_packets.ROWS,
    "jobs": conversations_jobs.ROWS,
    "workers": conversations_workers.ROWS,
    "text": conversations_text.ROWS,
}


_FORMS = re.compile(r"^(``[^`]+``(, )?)+: ")
"""What is written of a command in front of what it does; the term of the list says it already."""


def exits(*numbers: str) -> list[str]:
    """Exit statuses and what they mean; all of them where none is named."""
    statuses = [ExitStatus(int(each)) for each in numbers] or list(ExitStatus)
    return mdoc.tagged(
        ((f"Sy {each.value}", mdoc.prose(_sentence(MEANINGS[each]))) for each in statuses), "126"
    )


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:] + "."


def variables(*names: str) -> list[str]:
    """Variables of the environment."""
    return mdoc.tagged((mdoc.term("Ev", each), mdoc.prose(VARIABLES[each])) for each in names)


def job_variables(*names: str) -> list[str]:
    """Variables that a command finds; all of them where none is named."""
    return mdoc.tagged(
        (mdoc.term("Ev", each), mdoc.prose(JOB_VARIABLES[each])) for each in names or JOB_VARIABLES
    )


def files(*paths: str) -> list[str]:
    """Files, and what is in them."""
    return mdoc.tagged((mdoc.term("Pa", each), mdoc.prose(FILES[each])) for each in paths)


def see_also(*others: str) -> list[str]:
    """Other pages, as ``gear-submit(1)``, in the order that is usual."""
    found = sorted((each.removesuffix(")").split("(") for each in others), key=lambda pair: pair[::-1])
    references = [f".Xr {name} {section}" for name, section in found]
    return [*(f"{each} ," for each in references[:-1]), references[-1]]


def gearmands_commands() -> list[str]:
    """The text commands of gearmand, as the server's operator describes them."""
    return _commands(name for name in text.COMMANDS if name not in text.OURS)


def our_commands() -> list[str]:
    """The text commands that only a gear server knows."""
    return _commands(text.OURS)


def _commands(names: Iterable[str]) -> list[str]:
    def explained(name: str) -> list[str]:
        words = _FORMS.sub("", getattr(Operator, name).__doc__.partition("\n\n")[0]).replace("``", "`")
        return mdoc.prose(words)

    return mdoc.tagged((mdoc.term("Ic", text.COMMANDS[name]), explained(name)) for name in names)


def differences() -> list[str]:
    """Where our server deliberately differs from gearmand: the rows of the differential test that say so."""
    lines: list[str] = []
    told: set[str] = set()
    for about, rows in _CONVERSATIONS.items():
        said = dict.fromkeys(row.differs for row in rows if row.differs and row.differs not in told)
        told |= {*said}
        lines += [f".Ss {about.capitalize()}", ".Bl -bullet -compact"]
        for each in said:
            lines += [".It", *mdoc.prose(each)]
        lines.append(".El")
    return lines


def dropin_differences(tool: str) -> list[str]:
    """What differs when we are called by the name of a tool of gearmand's."""
    lines = [".Bl -bullet"]
    for each in DIFFERENCES:
        if each.tool == tool:
            words = f"{each.subject}: {each.ours}; {tool}: {each.original}. Because {each.reason}."
            lines += [".It", *mdoc.prose(words)]
    return [*lines, ".El"]


TABLES: dict[str, Callable[..., list[str]]] = {
    "dropin": dropin_differences,
    "exits": exits,
    "variables": variables,
    "job-variables": job_variables,
    "files": files,
    "see": see_also,
    "gearmands-commands": gearmands_commands,
    "our-commands": our_commands,
    "differences": differences,
    "workers-toml": keys.example,
    "keys": keys.description,
}
"""What `@ NAME WORDS` in `man/src` is replaced by."""
