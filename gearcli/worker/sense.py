"""What makes no sense in a plan, whoever wrote it."""

from __future__ import annotations

from gearcli.errors import UsageError
from gearcli.escape import shown
from gearcli.protocol.packets import PacketType, checked
from gearcli.worker.plan import Recipe


def check_function(name: bytes) -> None:
    """Raise UsageError for what cannot be the name of a function: no server would take it."""
    if not name:
        raise UsageError("a function needs a name")
    try:
        checked(PacketType.CAN_DO, name)
    except ValueError as error:
        raise UsageError(f"{shown(name)}: {error}") from None


def nonsense(recipe: Recipe) -> tuple[str, str] | None:
    """What is wrong with a recipe: the field, and words; None if nothing is."""
    if recipe.persistent is not None and recipe.replace is not None:
        return "replace", "a command that stays gets its workloads as records, not as arguments"
    if recipe.persistent is not None and recipe.stream:
        return "stream", "a command that stays answers with one record, which is the result"
    if recipe.replace is not None:
        if not recipe.replace:
            return "replace", "it has to be some text that stands for the workload, for example {}"
        if not any(recipe.replace in argument for argument in recipe.argv[1:]):
            return "replace", f"{recipe.replace!r} stands nowhere in the arguments of the command"
    if recipe.retry_exit and not recipe.retries:
        return "retry_exit", "nothing is tried again unless retries says how often"
    return None
