"""What `make up` runs: servers, roles, tables, a demo organization, then all processes until Ctrl-C."""
