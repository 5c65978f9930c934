"""What `gear` is, its commands and its own options, in the words of the help; nothing is imported for it."""

from __future__ import annotations

ABOUT = "All of Gearman in one command: submit jobs, work on them, serve them, look at them."
USAGE = "gear [OPTIONS] COMMAND [ARGS]..."

VERSION = ("-V", "--version"), "Show the version."
MANUAL = ("--man",), "Show the manual; --man COMMAND: its page."
HELP = ("-h", "--help"), "Show this message and exit."
OPTIONS = (VERSION, MANUAL, HELP)
"""How each is written, and what it does."""

SECTIONS = {
    "Submit and work": {
        "submit": "Submit a job and print its result.",
        "run": "Run every record of the input through a command, several at a time.",
        "worker": "Run a command for every job of a function.",
        "report": "Say how far a job is, from within the command that works on it.",
    },
    "Serve": {
        "serve": "Run a Gearman job server.",
        "store": "Look after the file of `gear serve --store`.",
    },
    "Look": {
        "status": "Show functions with their waiting and running jobs and their workers.",
        "top": "Watch functions live: jobs, workers, rates in and out, the time until a queue is empty.",
        "job": "Show whether jobs wait or run, and how far they are.",
        "wait": "Wait until the server knows background jobs no longer; progress goes to standard error.",
        "result": "Print the result of a background job, "
        "from a server started with `gear serve --keep-results 1h`.",
        "jobs": "Show jobs that wait and run, in the order of their submission.",
        "workers": "Show workers: address, client id, what they do, their functions.",
        "clients": "Show all connections: address, client id, what they do, their functions.",
    },
    "Act": {
        "cancel": "Cancel jobs: those that wait will not run, and who waits for them hears that they failed.",
        "purge": "Throw away the waiting jobs of functions (gear server).",
        "pause": "Give out no more jobs of functions until `gear resume` (gear server).",
        "resume": "Give out jobs of functions again (gear server).",
        "retry": "Queue dead jobs again, as if they had never been tried (gear server).",
        "admin": "Send a server one of gearmand's text commands.",
    },
    "Check": {
        "ping": "Measure round trips to a server; exit status 69 when none answers.",
        "check": "Check servers as a monitoring plugin: exit status 0 ok, 1 warning, 2 critical, 3 unknown.",
        "metrics": "Print figures of functions in Prometheus's format, under gearman-exporter's names.",
        "doctor": "Look for what is wrong: "
        "queues without workers, misspelt functions, workers that hang, and more.",
        "bench": "Measure how many jobs a second a server bears, and how fast it is.",
    },
    "Set up": {
        "certs": "Make certificates for a try of TLS: an authority, a server and clients.",
        "completion": "Print the script that completes command lines of gear in a shell.",
    },
}
"""The commands by what they are for, each with what it does.

Each is the function of its name in the module of its name, imported when it is asked for.
"""

COMMANDS = {name: summary for section in SECTIONS.values() for name, summary in section.items()}
"""All of them, in the order of the help."""
