"""Talking to job servers: submit jobs, await results, ask questions."""
