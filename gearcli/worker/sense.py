"""What makes no sense together in a recipe, whoever wrote it."""

from __future__ import annotations

from gearcli.worker.plan import Recipe


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
