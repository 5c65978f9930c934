"""What a worker is to do: the facts agree with the rest of the program."""

from __future__ import annotations

from gearcli.protocol.packets import HANDLE_LIMIT, HEADER_SIZE, PACKET_LIMIT, REQUEST, PacketType, head
from gearcli.worker.plan import MOST_OUTPUT, ON_FAILURE, STDERR, Plan, Recipe


def test_the_longest_result_fits_into_a_packet() -> None:
    start = head(REQUEST, PacketType.WORK_COMPLETE, (b"h" * HANDLE_LIMIT,), MOST_OUTPUT)
    assert len(start) - HEADER_SIZE + MOST_OUTPUT <= PACKET_LIMIT


def test_what_is_not_said_is_the_usual() -> None:
    recipe = Recipe(["cat"])
    assert (STDERR[0], ON_FAILURE[0], 0, None) == (
        recipe.stderr,
        recipe.on_failure,
        recipe.retries,
        recipe.timeout,
    )
    assert (1, 1) == Plan("", [b"f"], recipe)[-2:]
