"""What `gear serve` is told where `gearmand` is called."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from gearcli.cli.dropin import gearmand
from gearcli.cli.dropin.gearmand_options import OPTIONS
from gearcli.cli.dropin.long_options import parse
from gearcli.errors import UsageError

ALWAYS = {"--insecure-listen", "--quiet", "--verbose=ERROR", "--log-file=none", "--pid-file=p"}
USUAL = {"--port=4730", "--listen=0.0.0.0", "--listen=[::]", "--job-retries=-1", "--no-keepalive"}
USUAL |= {"--keepalive-idle=-1", "--keepalive-interval=-1", "--keepalive-count=-1"}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEARMAND_PORT", raising=False)


def translated(line: str) -> set[str]:
    """What differs from what is always said."""
    wanted = parse(OPTIONS, shlex.split(f"-l none -P p {line}"), guess=False)
    found = set(gearmand.translated(wanted))
    assert found >= ALWAYS or "verbose" in line
    return found - ALWAYS


@pytest.mark.parametrize(
    ("line", "more", "less"),
    [
        ("", "", ""),
        ("-p 5 -L host", "--port=5 --listen=host", "--port=4730 --listen=0.0.0.0 --listen=[::]"),
        ("-L ::1", "--listen=[::1]", "--listen=0.0.0.0 --listen=[::]"),
        ("-j 1", "--job-retries=0", "--job-retries=-1"),
        ("-j 3", "--job-retries=2", "--job-retries=-1"),
        ("-j -1", "", ""),
        (
            "--keepalive --keepalive-idle=9",
            "--keepalive --keepalive-idle=9",
            "--no-keepalive --keepalive-idle=-1",
        ),
        ("-d -R --exceptions --syslog", "--daemon --round-robin --exceptions --syslog", ""),
        ("-b 3 -f 99 -t 2", "--backlog=3 --file-descriptors=99 --threads=2", ""),
        ("-u me -w 1", "--user=me --worker-wakeup=1", ""),
        ("-q libsqlite3 --libsqlite3-db jobs.db", "--store=jobs.db", ""),
        ("--ssl --ssl-key k --ssl-certificate c --ssl-ca-file a", "--tls --key=k --cert=c --ca=a", ""),
        ("--hashtable-buckets 3 --coredump --store-queue-on-shutdown --http-port 1", "", ""),
    ],
)  # fmt: skip
def test_translated(line: str, more: str, less: str) -> None:
    assert (USUAL | {*more.split()}) - {*less.split()} == translated(line)


@pytest.mark.parametrize(
    "line",
    [
        "-r http",
        "-r bogus",
        "-q redis",
        "-q bogus",
        "-q libsqlite3",
        "-q libsqlite3 --libsqlite3-db x --libsqlite3-table t",
        "-p no-such-service",
        "--ssl --ssl-ca-file a",
    ],
)
def test_refused(line: str) -> None:
    with pytest.raises(UsageError):
        translated(line)


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEARMAND_PORT", "7")
    assert "--port=7" in translated("")
    assert "--port=8" in translated("-p 8")
    monkeypatch.setenv("GEARMAND_SERVER_PEM", "c")
    assert "--tls" in translated("--ssl")


def test_a_log_that_cannot_be_written(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    wanted = parse(OPTIONS, ["-l", str(tmp_path / "no" / "log"), "-P", "p"], guess=False)
    assert "--log-file=stderr" in gearmand.translated(wanted)
    assert "cannot open the log file" in capfd.readouterr().err


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "conf").write_text("--thread 3\n-b 9 --verbose BOGUS")
    line = ["--config-file", str(tmp_path / "conf"), "--check-args"]
    assert 1 == gearmand.run(line)
    assert 0 == gearmand.run([*line, "--verbose", "INFO"])


def test_help_and_version(capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == gearmand.run(["-h"])
    assert capfd.readouterr().out.startswith("Allowed options:\n\nAllowed options:\n\nGeneral options:\n  -b")
    assert 0 == gearmand.run(["-V"])
    assert capfd.readouterr().out.startswith("\ngearmand ")
