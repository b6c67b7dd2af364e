"""Looking after the servers that are known: a dialog of all of them, and a check of one."""
