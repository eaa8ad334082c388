"""How long things are kept: purges of the log, legal holds, erased persons, backups."""
