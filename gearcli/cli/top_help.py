"""The help of `gear top`, as lines of styled text."""

from __future__ import annotations

from gearcli.cli.styled import BOLD, DIM, StyledLine, line
from gearcli.cli.top_view import Scene, head

_HELP = """\
q            quit
p            pause: nothing is asked until you press it again
s  S         sort by the next or the previous column, the one marked with *
/            only functions whose names have this in them, or are like it
e            leave out functions without jobs, or show them again
up down      move; also k j, page up, page down, Home, End
Enter        the jobs and workers of the function; Esc goes back
?            this help; any key leaves it

IN/s OUT/s   jobs that came and left a second; the last ten seconds count most.
             A server that does not count them is told by its numbers of jobs
             alone: what came and left between two looks is not seen, so
             these are the least that they can be.
ETA          time until no job is left, if all goes on as now; never: nobody
             works on it, or more jobs come than leave
QUEUED BEFORE  jobs that waited in the last five minutes, on the right now\
"""


def help_page(scene: Scene, width: int, height: int) -> list[StyledLine]:
    """The whole screen."""
    above = head(scene, width)
    room = max(0, height - len(above) - 1)
    body = [line(text, width) for text in ["", *_HELP.split("\n")][:room]]
    body += [[] for _ in range(room - len(body))]
    return [*above, *body, line("any key goes back", width, DIM if room else BOLD)][:height]
