"""The commands of `gear`, one file each: parse, call, print."""
