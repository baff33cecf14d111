"""What every engine has in common that a server keeps: all of SessionStore but the dialect.

An engine of this kind is a folder beside this one. It provides:

- a `Connection` and its `Raw` (`dialect.py`): how statements, transactions, waiting, broken
  connections and errors are done with its driver;
- a `Dialect`: which statements it says differently, and the few things that are built differently;
- a schema with the tables and columns of `postgres/schema`, under the same names;
- `STORES` rows for its schemes.

Statements stand in `.sql` files beside the modules that use them, in what PostgreSQL, Citus, MySQL
and MariaDB all understand. What an engine must say differently stands under the same name in a file
of the same name in its own folder, and wins. What a distributed engine refuses is in none of them:
no trigger and no sequence; the session's id in every key and every condition on what belongs to a
session; `now()` as the only clock; no LATERAL; one statement to append. What changes a session
locks its row first, so that what was checked stays true until the transaction ends.
"""
