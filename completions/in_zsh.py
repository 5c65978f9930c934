from gearcli.cli.outline import Command
def outlined(root: Command) -> str:
    return ""
