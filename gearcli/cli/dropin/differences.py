"""What differs from gearmand 1.1.20's tools, and why: for the manual, and for the tests.

A row here is the only excuse for a difference: the tests play every option
against the originals, and name the row where the answers are not the same.
"""

from __future__ import annotations

from typing import NamedTuple


class Difference(NamedTuple):
    """One difference: by what name tests know it, and what either does."""

    tool: str
    key: str
    subject: str
    """An option, or what it is about."""
    original: str
    ours: str
    reason: str


_CLIENT = (
    Difference(
        "gearman",
        "unreachable",
        "exit status",
        "0 when no server can be reached, or a host is unknown",
        "69",
        "a script has to notice that its job was not done",
    ),
    Difference(
        "gearman",
        "timeout",
        "-t",
        "exit status 0 when the time has passed; goes on with the next workload",
        "124, at once",
        "as timeout(1); an unanswered job is not done",
    ),
    Difference(
        "gearman",
        "refused",
        "exit status",
        "0 when the server refuses a job, such as for a full queue",
        "75 for a full queue, 76 for another refusal",
        "the job is not in the queue",
    ),
    Difference(
        "gearman",
        "usage",
        "-p, -t, -c",
        "takes what is no number for 0",
        "exit status 2",
        "a slip of the pen is no wish",
    ),
    Difference(
        "gearman",
        "servers",
        "GEARMAN_SERVER, GEARMAN_SERVERS",
        "exit status 0 where an address is none (aborts for GEARMAN_SERVERS); takes any text for a port",
        "exit status 2",
        "a script has to notice that its job was not done",
    ),
    Difference(
        "gearman",
        "empty",
        "an empty workload among the words, ''",
        "complains of it (`invalid workload`), submits nothing, and exits 0",
        "a job with an empty workload, as for -s and for an empty input",
        "who names a workload wants a job",
    ),
    Difference(
        "gearman",
        "function-name",
        "-f ''",
        "exit status 0, and nothing is submitted",
        "exit status 2",
        "no function has an empty name",
    ),
    Difference(
        "gearman",
        "lines",
        "-n",
        "cuts lines at 8191 bytes and at NUL",
        "a line is a line",
        "jobs were cut in two, or lost their end",
    ),
    Difference(
        "gearman",
        "strip",
        "-N",
        "drops the last character of a last line without a line end, and does not submit empty lines",
        "drops line ends, and nothing else",
        "no input is lost",
    ),
    Difference(
        "gearman",
        "order",
        "-v, progress",
        "in a pipe `Task created` and `33% Complete` come after the results",
        "in the order in which it happens",
        "what is printed late tells nobody how far a job is",
    ),
    Difference(
        "gearman",
        "progress",
        "progress n/0",
        "dies of a division by zero",
        "0% Complete",
        "workers may report that",
    ),
    Difference(
        "gearman",
        "exception",
        "a worker's exception",
        "hangs (gearmand issue 166)",
        "its words on standard error, `Job failed`, exit status 1",
        "the job has ended",
    ),
    Difference(
        "gearman",
        "failover",
        "several servers",
        "exit status 0 and no result when the first of GEARMAN_SERVER is down",
        "the next one is asked",
        "that is what several servers are for",
    ),
    Difference(
        "gearman",
        "lost",
        "a lost server",
        "exit status 0",
        "submits the job to the next server; without one 69",
        "the job may not be done",
    ),
)

_WORKER = (
    Difference(
        "gearman",
        "worker-killed",
        "-w, a command that a signal ends",
        "the job is done, with what was written until then",
        "the job fails",
        "half a result is none",
    ),
    Difference(
        "gearman",
        "worker-missing",
        "-w, a command that cannot be executed",
        "the job is done, with an empty result, and a second worker is left behind",
        "exit status 127, or 126, at the start",
        "nothing was done",
    ),
    Difference(
        "gearman",
        "worker-reason",
        "-w, a command that fails",
        "the submitter hears nothing of the reason",
        "a warning says it, such as `sh exited with status 3`",
        "who waits wants to know",
    ),
    Difference(
        "gearman",
        "worker-lines",
        "-w -n, -w -N",
        "each line comes with all lines before it; -N cuts the end of a last line without a line end",
        "each line comes once",
        "results were repeated",
    ),
    Difference(
        "gearman",
        "worker-deadlock",
        "-w, workloads over 64 KiB",
        "hangs when the command writes before it has read all",
        "reads and writes at once",
        "a pipe holds no more",
    ),
    Difference(
        "gearman",
        "worker-children",
        "-w, a command that leaves a process with its standard output",
        "waits until that process ends or closes it",
        "the job is done when the command is; what it left running is ended",
        "a forgotten process must not hold up a worker",
    ),
    Difference(
        "gearman",
        "worker-server",
        "-w, a server that is not there",
        "tries it again as fast as it can, with a line each time",
        "tries it again with growing pauses, and says so once; with -c exit status 69 in the end",
        "a processor and a disk of log lines were lost to it",
    ),
    Difference(
        "gearman",
        "worker-term",
        "-w with a command, TERM, INT and HUP (a terminal that is closed)",
        "ends in the middle of a job",
        "finishes the job first, 25 s at most, and exits 0; a second TERM or INT ends at once",
        "no job is done half",
    ),
    Difference(
        "gearman",
        "worker-environment",
        "-w, the command's environment",
        "knows nothing of the job",
        "GEARMAN_HANDLE, GEARMAN_FUNCTION, GEARMAN_UNIQUE and GEARMAN_STATUS_FD, as for `gear worker`",
        "with several -f a command could not know what it was called for",
    ),
)

_BOTH = (
    Difference(
        "gearman",
        "tls",
        "-S",
        "Debian's build ignores it and goes on unencrypted",
        "exit status 77 where the server does not speak TLS",
        "who asks for encryption must not be left without",
    ),
    Difference(
        "gearman",
        "pid-file",
        "-i",
        "exit status 1 for a file that cannot be written",
        "74",
        "as `gear`",
    ),
)

_ADMIN = (
    Difference(
        "gearadmin",
        "admin-refused",
        "exit status",
        "0 when the server refuses, such as to cancel an unknown job",
        "1",
        "a script has to notice",
    ),
    Difference(
        "gearadmin",
        "admin-whole",
        "long answers",
        "takes 5 ms of silence for the end, so that lists are cut on slow links",
        "an answer is whole, or exit status 1 after 10 s",
        "half a list is wrong",
    ),
    Difference(
        "gearadmin",
        "admin-tls",
        "-S",
        "Debian's build ignores it and goes on unencrypted",
        "exit status 1 where the server does not speak TLS",
        "who asks for encryption must not be left without",
    ),
    Difference(
        "gearadmin",
        "admin-shutdown",
        "--shutdown",
        "not known since 1.1.13",
        "stops a `gear serve`; gearmand refuses it",
        "older scripts use it",
    ),
)

_SERVER = (
    Difference(
        "gearmand",
        "listen-warning",
        "-L",
        "listens everywhere, silently",
        "listens everywhere, and says so on standard error, with the addresses",
        "whoever reaches the port may submit and take jobs",
    ),
    Difference(
        "gearmand",
        "version",
        "-V, the text command `version`",
        "gearmand's version",
        "this program's version",
        "it is another program",
    ),
    Difference(
        "gearmand",
        "log",
        "-l, --verbose",
        "lines with the thread and the place in the source, such as `ERROR 2026-01-31 08:00:00.000000`",
        "lines of `gear serve`: date, time and words; FATAL to NOTICE are one level",
        "there are no threads and no C files to name",
    ),
    Difference(
        "gearmand",
        "queue",
        "-q",
        "also libmemcached, Postgres, redis, MySQL, where they were built in",
        "builtin and libsqlite3; exit status 1 for others",
        "a queue that is elsewhere must not seem to be empty",
    ),
    Difference(
        "gearmand",
        "http",
        "-r http",
        "takes jobs over HTTP",
        "exit status 1",
        "this server has no such door",
    ),
    Difference(
        "gearmand",
        "port",
        "-p",
        "tries a port that is in use for 22 s; --check-args takes any text for a port",
        "exit status 1 at once",
        "a script has to notice soon",
    ),
    Difference(
        "gearmand",
        "signals",
        "TERM, INT",
        "ends at once, running jobs and all",
        "lets running jobs finish, 5 s at most; a second one ends at once; exit status 0",
        "workers were cut off in the middle",
    ),
    Difference(
        "gearmand",
        "ssl",
        "--ssl without a certificate that can be read",
        "serves unencrypted, silently",
        "exit status 1",
        "who asks for encryption must not be left without",
    ),
    Difference(
        "gearmand",
        "handles",
        "--job-handle-prefix",
        "PREFIX:1, again from 1 after each start; a prefix may be as long as you like",
        "PREFIX:START-1; 40 bytes at most",
        "handles were given out twice",
    ),
    Difference(
        "gearmand",
        "ignored",
        "-t, -R, --hashtable-buckets, --coredump, --store-queue-on-shutdown",
        "threads, order of functions, size of a table, dumps, late storing",
        "taken and ignored: one thread, functions take turns, tables grow, nothing is stored late",
        "existing command lines go on working",
    ),
    Difference(
        "gearmand",
        "user",
        "-u",
        "changes the user before it opens its pid file, log and port",
        "changes it once they are open",
        "a port below 1024 and /var/run need root",
    ),
)

DIFFERENCES = (*_CLIENT, *_WORKER, *_BOTH, *_ADMIN, *_SERVER)
"""All of them, by tool."""
