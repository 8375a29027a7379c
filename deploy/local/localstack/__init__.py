"""The local stack: PostgreSQL, keys, the services and the practice provider on one machine, on loopback only."""
