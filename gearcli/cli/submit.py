"""`gear submit`: submit jobs and print their results."""

from __future__ import annotations

from gearcli.cli import batch_options as batch
from gearcli.cli.options import ConnectTimeout, Context, Delimiter, Lines, Null, Quiet, Raw, Servers, Verbose
from gearcli.cli.submitting import Asked, submitted


def submit(
    function: batch.Function = None,
    workload: batch.Workloads = None,
    server: Servers = None,
    background: batch.Background = False,
    unique: batch.Unique = None,
    priority: batch.JobPriority = "normal",  # type: ignore[assignment]  # typer parses it
    delay: batch.Delay = None,
    at: batch.At = None,
    file: batch.Files = None,
    lines: Lines = False,
    null: Null = False,
    delimiter: Delimiter = None,
    jsonl: batch.Jsonl = False,
    jobs: batch.InFlight = 64,
    keep_order: batch.KeepOrder = False,
    raw: Raw = False,
    tag: batch.Tag = False,
    timeout: batch.JobTimeout = None,
    retries: batch.Retries = 0,
    halt: batch.HaltWhen = None,
    joblog: batch.JobLogPath = None,
    resume: batch.Resume = False,
    resume_failed: batch.ResumeFailed = False,
    results: batch.ResultsFolder = None,
    require_worker: batch.RequireWorker = False,
    dry_run: batch.DryRun = False,
    progress: batch.ProgressMode = "auto",
    json: batch.JobsAsJson = False,
    context: Context = None,
    connect_timeout: ConnectTimeout = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Submit a job and print its result.

    Results go to standard output as they come, warnings and failures to
    standard error. Exit status 0: done; 1: a job failed; 69: no server; 75:
    the queue is full; 124: out of time.
    """
    return submitted(Asked(**locals()))  # the parameters are its fields
