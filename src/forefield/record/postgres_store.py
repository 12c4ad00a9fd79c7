"""A journal in PostgreSQL: the tables of the SQLite file, shared by many machines.

    postgresql://user:password@host:5432/database?schema=forefield
    postgresql:///database?host=/var/run/postgresql          (a local socket)

One schema holds one journal. Needs the package pg8000 (BSD-3-Clause).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from forefield.errors import InputError
from forefield.record.chain import GENESIS
from forefield.record.store import Row, Seal, Tip

__all__ = ["PostgresStore", "without_password"]

_CHUNK = 2000  # entries fetched at a time

_SCHEMA = """
CREATE TABLE {s}.entry (n bigint PRIMARY KEY, line bytea NOT NULL,
  sha256 text NOT NULL);
CREATE TABLE {s}.seal (id bigserial PRIMARY KEY, kind text NOT NULL, owner text,
  n bigint, line bytea);
CREATE UNIQUE INDEX one_key ON {s}.seal (owner) WHERE kind = 'key';
CREATE TABLE {s}.head (one int PRIMARY KEY CHECK (one = 1), n bigint, sha256 text,
  edge text);
INSERT INTO {s}.head VALUES (1, 0, '{genesis}', '');
CREATE TABLE {s}.person (pseudonym text PRIMARY KEY, name text NOT NULL);
CREATE FUNCTION {s}.never() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'a journal only grows: never %', TG_OP; END $$;
CREATE FUNCTION {s}.onward() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.n < OLD.n THEN RAISE EXCEPTION 'the head follows the entries'; END IF;
  RETURN NEW; END $$;
CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {s}.entry
  FOR EACH STATEMENT EXECUTE FUNCTION {s}.never();
CREATE TRIGGER seal_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {s}.seal
  FOR EACH STATEMENT EXECUTE FUNCTION {s}.never();
CREATE TRIGGER head_remains BEFORE DELETE OR TRUNCATE ON {s}.head
  FOR EACH STATEMENT EXECUTE FUNCTION {s}.never();
CREATE TRIGGER head_moves_on BEFORE UPDATE ON {s}.head
  FOR EACH ROW EXECUTE FUNCTION {s}.onward();
"""


def without_password(url: str) -> str:
    """The URL as it may be printed."""
    return re.sub(r"(://[^/@:]*):[^/@]*@", r"\1:***@", url)


class PostgresStore:
    """See `store.Store`."""

    def __init__(self, url: str, db: Any, schema: str) -> None:
        self.where = without_password(url)
        self._url = url
        self.db = db
        self._schema = schema

    @classmethod
    def create(cls, url: str) -> PostgresStore:
        """A new schema with its tables; one that exists is refused."""
        store = cls._connected(url)
        s = store._schema
        with store._told():
            try:
                if store._run("SELECT 1 FROM pg_namespace WHERE nspname = :s", s=s):
                    raise InputError(
                        f"{store.where}: schema {s} exists already; a journal is never "
                        "overwritten, name another with ?schema=."
                    )
                store._run("BEGIN")
                store._run(f"CREATE SCHEMA {s}")
                for statement in _statements(_SCHEMA.format(s=s, genesis=GENESIS)):
                    store._run(statement)
                store._run("COMMIT")
            except BaseException:
                store.close()
                raise
        return store

    @classmethod
    def open(cls, url: str, *, read_only: bool = False) -> PostgresStore:
        """A journal that exists."""
        store = cls._connected(url)
        with store._told():
            try:
                if read_only:
                    store._run("SET default_transaction_read_only = on")
                if not store._run(
                    "SELECT 1 FROM pg_tables WHERE schemaname = :s "
                    "AND tablename = 'head'",
                    s=store._schema,
                ):
                    raise InputError(
                        f"{store.where}: schema {store._schema} holds no journal; "
                        "name it with ?schema=, or create one."
                    )
            except BaseException:
                store.close()
                raise
        return store

    @classmethod
    def _connected(cls, url: str) -> PostgresStore:
        try:
            from pg8000 import native
        except ImportError:
            raise InputError(
                "a journal in PostgreSQL needs the package pg8000: "
                "pip install 'forefield[journal]'."
            ) from None
        place = _place(url)
        schema = place.pop("schema")
        try:
            db = native.Connection(**place)
            # An acknowledged entry is on the server's disk, whatever its default.
            db.run("SET synchronous_commit = on")
            db.run("SET client_min_messages = warning")
        except (native.InterfaceError, native.DatabaseError, OSError) as error:
            raise InputError(
                f"{without_password(url)}: cannot connect: {_reason(error)}; check "
                "the URL and that the server runs."
            ) from None
        return cls(url, db, schema)

    def _run(self, statement: str, **values: Any) -> Any:
        return self.db.run(statement, **values)

    # -- writing ----------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[Tip]:
        """A transaction that holds the head; others wait for it."""
        with self._told():
            self._run("BEGIN")
            try:
                yield self._tip(" FOR UPDATE")
                self._run("COMMIT")
            except BaseException:
                with suppress(Exception):
                    self._run("ROLLBACK")
                raise

    def put(self, rows: Sequence[Row], seals: Sequence[Seal], tip: Tip) -> None:
        """Add entries and seals, inside `writing`."""
        s = self._schema
        if rows:
            n, line, sha256 = zip(*rows, strict=True)
            self._run(
                f"INSERT INTO {s}.entry SELECT * FROM "
                "unnest(CAST(:n AS bigint[]), CAST(:line AS bytea[]), "
                "CAST(:sha256 AS text[]))",
                n=list(n),
                line=list(line),
                sha256=list(sha256),
            )
        for seal in seals:
            self._run(
                f"INSERT INTO {s}.seal (kind, owner, n, line) "
                "VALUES (:kind, :owner, :n, :line)",
                kind=seal.kind,
                owner=seal.owner,
                n=seal.n,
                line=seal.line,
            )
        if rows:
            self._run(
                f"UPDATE {s}.head SET n = :n, sha256 = :sha256, edge = :edge",
                n=tip.n,
                sha256=tip.sha256,
                edge=tip.edge,
            )

    # -- reading ----------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A snapshot."""
        with self._told("read"):
            self._run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield
            finally:
                with suppress(Exception):
                    self._run("ROLLBACK")

    def tip(self) -> Tip:
        """The end of the journal, as the table `head` has it."""
        with self._told("read"):
            return self._tip("")

    def _tip(self, how: str) -> Tip:
        found = self._run(f"SELECT n, sha256, edge FROM {self._schema}.head{how}")
        if len(found) != 1:
            raise InputError("the head of the chain is missing")
        return Tip(*found[0])

    def rows(self, after: int = 0) -> Iterator[tuple[Any, Any, Any]]:
        """Entries in order, as they stand there."""
        while True:
            chunk = self._run(
                f"SELECT n, line, sha256 FROM {self._schema}.entry "
                f"WHERE n > :after ORDER BY n LIMIT {_CHUNK}",
                after=after,
            )
            yield from (tuple(row) for row in chunk)
            if len(chunk) < _CHUNK:
                return
            after = chunk[-1][0]

    def seals(self, kind: str = "") -> Iterator[tuple[Any, Any, Any, Any]]:
        """Seals in the order they were put."""
        after = 0
        while True:
            chunk = self._run(
                f"SELECT id, kind, owner, n, line FROM {self._schema}.seal "
                "WHERE id > :after AND CAST(:kind AS text) IN ('', kind) "
                f"ORDER BY id LIMIT {_CHUNK}",
                after=after,
                kind=kind,
            )
            yield from (tuple(row[1:]) for row in chunk)
            if len(chunk) < _CHUNK:
                return
            after = chunk[-1][0]

    def published(self, owner: str) -> bool:
        """Whether the owner's key is among the seals."""
        return bool(
            self._run(
                f"SELECT 1 FROM {self._schema}.seal "
                "WHERE kind = 'key' AND owner = :owner",
                owner=owner,
            )
        )

    def health(self) -> str:
        """Nothing: a server checks its own pages."""
        return ""

    # -- names ------------------------------------------------------------------

    def name_of(self, pseudonym: str) -> str:
        """The name behind a pseudonym; "" when none is kept."""
        found = self._run(
            f"SELECT name FROM {self._schema}.person WHERE pseudonym = :p", p=pseudonym
        )
        return str(found[0][0]) if found else ""

    def call(self, pseudonym: str, name: str) -> None:
        """Keep a name for a pseudonym."""
        with self._told():
            self._run(
                f"INSERT INTO {self._schema}.person VALUES (:p, :name) "
                "ON CONFLICT (pseudonym) DO UPDATE SET name = :name",
                p=pseudonym,
                name=name,
            )

    def erase(self, pseudonym: str) -> bool:
        """Forget a name. The server's backups and archived logs are its keeper's."""
        with self._told():
            found = self._run(
                f"DELETE FROM {self._schema}.person WHERE pseudonym = :p RETURNING 1",
                p=pseudonym,
            )
            self._run(f"VACUUM FULL {self._schema}.person")
        return bool(found)

    def discard(self) -> None:
        """Take the schema away: only of a journal that could not be begun."""
        with self._told():
            again = type(self)._connected(self._url)
            again._run(f"DROP SCHEMA {self._schema} CASCADE")
            again.close()

    def close(self) -> None:
        """Let go of the connection."""
        with suppress(Exception):
            self.db.close()

    @contextmanager
    def _told(self, what: str = "write") -> Iterator[None]:
        """What the server says, as one clear line."""
        from pg8000 import native

        try:
            yield
        except (native.InterfaceError, native.DatabaseError, OSError) as error:
            reason = _reason(error)
            hint = "check the server; nothing was half-written"
            if "never" in reason or "follow" in reason:
                hint = "a journal only grows"
            elif "permission" in reason:
                hint = "ask for the right, or use another database"
            raise InputError(
                f"{self.where}: cannot {what}: {reason}; {hint}."
            ) from None


def _statements(script: str) -> list[str]:
    """The statements of a script; those in $$ keep their semicolons."""
    out, held = [""], False
    for part in re.split(r"(\$\$|;)", script):
        if part == "$$":
            held = not held
        if part == ";" and not held:
            out.append("")
        else:
            out[-1] += part
    return [s for s in out if s.strip()]


def _place(url: str) -> dict[str, Any]:
    """A URL as arguments for the driver."""
    shown = without_password(url)
    parts = urlsplit(url)
    asked = {k: v[-1] for k, v in parse_qs(parts.query).items()}
    unknown = set(asked) - {"schema", "host", "user"}
    if unknown:
        raise InputError(
            f"{shown}: unknown option {min(unknown)!r}; known: host, schema, user."
        )
    schema = asked.get("schema", "forefield")
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
        raise InputError(
            f"{shown}: schema {schema!r} is no plain name; use a-z, 0-9 and _."
        )
    try:
        port = parts.port or 5432
    except ValueError:
        raise InputError(f"{shown}: the port is no number; correct it.") from None
    database = unquote(parts.path.lstrip("/"))
    if not database:
        raise InputError(f"{shown}: names no database; write postgresql://host/name.")
    host = asked.get("host", parts.hostname or "localhost")
    out: dict[str, Any] = {
        "user": unquote(parts.username or asked.get("user", "postgres")),
        "password": unquote(parts.password) if parts.password else None,
        "database": database,
        "schema": schema,
        "application_name": "forefield",
    }
    if host.startswith("/"):
        return out | {"unix_sock": f"{host}/.s.PGSQL.{port}"}
    return out | {"host": host, "port": port}


def _reason(error: Exception) -> str:
    said = error.args[0] if error.args else str(error)
    if isinstance(said, dict):
        said = said.get("M", said)
    return " ".join(str(said).split()).rstrip(".")
