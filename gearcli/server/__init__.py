"""A Gearman job server: the engine decides, the loop moves bytes."""
