"""Where the real server listens."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from tests.support import ServerProcess, Wire, free_port, gear, gear_serve, process, wait_until


def test_a_port_in_use_is_said_and_exits_69(server: ServerProcess) -> None:
    with process(gear("serve", "-p", str(server.port))) as second:
        assert 69 == second.exit_status()
        advice = "Is a server running there already? Choose another address with -L or port with -p."
        happened = f"gear: cannot listen on 127.0.0.1:{server.port}: address already in use"
        assert f"{happened}. {advice}\n" == second.said()


def test_a_port_is_free_again_when_its_server_has_ended() -> None:
    port = str(free_port())
    for _ in range(2):
        with gear_serve(address=("-p", port)) as server, server.wire() as wire:
            assert wire.works()
            server.signal(signal.SIGTERM)
            assert wire.ends()
            assert 0 == server.exit_status()


def test_it_listens_on_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "gear.sock"
    with gear_serve(address=("-L", f"unix:{path}")) as server:
        assert f"gear: listening on unix:{path}\n" in server.said()
        with Wire(path=str(path)) as wire:
            assert wire.works()
            (row,) = wire.rows(b"workers")
            assert re.fullmatch(rb"\d+ unix - :\n", row)
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
    assert not path.exists()


def test_it_listens_on_several_addresses(tmp_path: Path) -> None:
    path = tmp_path / "gear.sock"
    with gear_serve(address=("-p", "0", "-L", f"127.0.0.1,127.0.0.2,unix:{path}")) as server:
        wait_until(lambda: str(path) in server.said())
        ports = re.findall(r"listening on 127\.0\.0\.[12]:(\d+)", server.said())
        assert 2 == len(ports)
        with Wire(int(ports[0])) as first, Wire(path=str(path)) as second:
            assert first.works()
            assert second.works()
