"""The engine that keeps conversations in a PostgreSQL database, with psycopg2."""
