"""The two Gearman protocols, binary and text, and addresses of servers.  No I/O."""
