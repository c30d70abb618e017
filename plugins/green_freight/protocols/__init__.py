"""Clients for the agencies' real protocols: paged HTTP, SFTP, and the charging exchange T/CEC 102."""
