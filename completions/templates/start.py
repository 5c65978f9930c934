"""What the shells' scripts start for live values: `gear __complete`, without `site`.

Loading that module takes a quarter of the time of so short a program.  This is
for ``python -I -S -c``; its arguments are the path of the script `gear` and the
words after ``__complete``.  The package is looked for where installers put it,
beside the script; where it is not, or does not start so, the script itself
answers.
"""

import posix
import sys

script, *words = sys.argv[1:]
place = script
try:
    while True:  # pipx makes a link to the script
        link = posix.readlink(place)
        place = link if link.startswith("/") else place[: place.rfind("/") + 1] + link
except OSError:
    pass  # this one is no link
prefix = place.removesuffix("/bin/gear")
version = sys.version_info
sys.path.append(f"{prefix}/lib/python{version.major}.{version.minor}/site-packages")
try:
    from gearcli.cli.completing import answer
except ImportError:
    posix.execv(script, [script, "__complete", *words])
answer(words)
