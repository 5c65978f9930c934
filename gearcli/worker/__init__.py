"""Taking jobs from servers and running a command for each."""
