"""The engine that keeps conversations in a MySQL or MariaDB database, with PyMySQL."""
