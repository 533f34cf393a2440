"""The simulated cloud: existing resources, in a file of the offline home that all plugin processes share.

Secrets are kept sealed with a key of the home, so that neither this file nor a copy of it shows them.
"""

import hashlib
import hmac
import json
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from offline.errors import OfflineError
from offline.files import once
from offline.wire import File, Properties, Secret

_TABLES = """
create table if not exists resources (
    key integer primary key, account text not null, region text not null, token text not null, id text not null,
    arn text not null, urn text not null, status text not null, inputs text not null, outputs text not null);
create index if not exists by_id on resources (token, id);
create index if not exists by_arn on resources (arn);
create table if not exists names (
    resource integer not null, name text not null, account text not null, region text not null);
create index if not exists by_name on names (name);
create index if not exists names_of on names (resource);
create table if not exists uses (resource integer not null, name text not null, path text not null);
create index if not exists by_use on uses (name);
create index if not exists uses_of on uses (resource);
create table if not exists deleted (name text not null, account text not null);
create index if not exists by_deleted on deleted (name);
create table if not exists counters (name text primary key, value integer not null);
create table if not exists recorded (resource integer primary key);
create table if not exists seals (sample text not null);
"""
_BUSY_SECONDS = 60
_SAMPLE = "sealed with the key of this home"
LIVE, PENDING_DELETION = "live", "pending deletion"


@dataclass(slots=True)
class Resource:
    """Something that exists. AWS deletes keys and secrets after a waiting time: until then they are pending deletion.

    `region` is empty for global services.
    """

    key: int
    account: str
    region: str
    token: str
    id: str
    arn: str
    urn: str
    status: str
    inputs: Properties
    outputs: Properties


@dataclass(frozen=True, slots=True)
class Use:
    """A live resource that mentions another in an input."""

    token: str
    id: str
    path: str


@dataclass(frozen=True, slots=True)
class Row:
    """What identifies a live resource, and whether a state has ever held it."""

    key: int
    urn: str
    token: str
    id: str
    recorded: bool


class CloudError(OfflineError):
    """The cloud's file cannot be used; the text names it and says what to do."""


class Directory(Protocol):
    """Finds what exists."""

    def named(self, name: str, *, account: str = "", region: str = "", token: str = "") -> Resource | None: ...


class Cloud:
    """One cloud per offline home; safe for several processes and threads."""

    def __init__(self, home: Path) -> None:
        """
        Raises:
            CloudError: its file cannot be opened, or holds something else.
        """
        home.mkdir(parents=True, exist_ok=True)
        self._seal = _Seal(home / "cloud.key")
        self._lock = threading.RLock()
        self._path = home / "cloud.sqlite"
        with self._told():
            self._path.touch(mode=0o600)
            self._connection = sqlite3.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection.executescript(f"pragma journal_mode=wal; pragma synchronous=off; {_TABLES}")
        with self.transaction():
            samples = self._query("select sample from seals")
            if not samples:
                self._execute("insert into seals values (?)", (self._dump({"": Secret(_SAMPLE)}),))
        for (sample,) in samples:
            self._load(sample)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as problem:
            raise CloudError(
                f"the simulated cloud {self._path} cannot be used ({problem}). If the disk has space and the file is "
                f"yours, it is damaged: rm -rf '{self._path.parent}' begins anew, without any stack"
            ) from problem

    def _execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        with self._told():
            return self._connection.execute(sql, values)

    def _query(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock, self._told():
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and alone: other threads and processes wait."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._execute("begin immediate")
            try:
                yield
                self._execute("commit")
            except BaseException:
                if self._connection.in_transaction:  # a full disk ends it by itself
                    self._execute("rollback")
                raise

    def count(self, name: str) -> int:
        """The next number of a counter, from 1."""
        with self.transaction():
            sql = "insert into counters values (?, 1) on conflict do update set value = value + 1 returning value"
            return int(self._query(sql, (name,))[0][0])

    def note(self, name: str, value: int) -> None:
        """Keeps a number, for `noted`."""
        with self.transaction():
            sql = "insert into counters values (?, ?) on conflict do update set value = excluded.value"
            self._connection.execute(sql, (name, value))

    def noted(self, name: str) -> int:
        """The last number kept under a name; 0 without one."""
        with self._lock:
            row = self._connection.execute("select value from counters where name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def put(self, resource: Resource, names: Iterable[str], uses: Iterable[tuple[str, str]]) -> None:
        """Creates (key 0) or changes a resource. `names` identify it for others; `uses` are `(path, text)`."""
        row = (
            resource.account,
            resource.region,
            resource.token,
            resource.id,
            resource.arn,
            resource.urn,
            resource.status,
            self._dump(resource.inputs),
            self._dump(resource.outputs),
        )
        with self.transaction():
            if resource.key:
                self._forget(resource.key)
            sql = "insert into resources values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            resource.key = self._execute(sql, (resource.key or None, *row)).lastrowid or 0
            many = self._connection.executemany
            place = (resource.account, resource.region)
            with self._told():
                many("insert into names values (?, ?, ?, ?)", [(resource.key, name, *place) for name in set(names)])
                many("insert into uses values (?, ?, ?)", [(resource.key, text, path) for path, text in uses])
            self._execute("delete from deleted where name = ? and account = ?", (resource.id, resource.account))

    def remove(self, resource: Resource) -> None:
        with self.transaction():
            self.remove_rows([resource.key])
            self._execute("insert into deleted values (?, ?)", (resource.id, resource.account))

    def remove_rows(self, keys: Iterable[int]) -> None:
        """As if they had never been there."""
        with self.transaction():
            for key in keys:
                self._forget(key)
                self._execute("delete from recorded where resource = ?", (key,))

    def was_deleted(self, identifier: str, *, account: str) -> bool:
        """Whether there was a resource of this id; not since another one has it."""
        sql = "select 1 from deleted where name = ? and account = ? limit 1"
        return bool(self._query(sql, (identifier, account)))

    def _forget(self, key: int) -> None:
        for sql in (
            "delete from resources where key = ?",
            "delete from names where resource = ?",
            "delete from uses where resource = ?",
        ):
            self._execute(sql, (key,))

    def set_status(self, resource: Resource, status: str) -> None:
        """A resource that is pending deletion keeps its names, but holds no other resource any more."""
        with self.transaction():
            self._execute("update resources set status = ? where key = ?", (status, resource.key))
            self._execute("delete from uses where resource = ?", (resource.key,))

    def find(self, token: str, identifier: str, *, account: str, urn: str = "", arn: str = "") -> Resource | None:
        """The live resource of a type and id; among several the one of this ARN, then of this URN, then the newest."""
        sql = "select * from resources where token = ? and id = ? and account = ? and status = ? order by key desc"
        rows = self._query(sql, (token, identifier, account, LIVE))
        found = [row for row in rows if not arn or row[5] in {arn, ""}] or rows
        found.sort(key=lambda row: row[6] != urn)
        return self._resource(found[0]) if found else None

    def named(self, name: str, *, account: str = "", region: str = "", token: str = "") -> Resource | None:
        """The resource that a name (id, ARN or a further one) stands for; `region` also finds what is global."""
        sql = (
            "select resources.* from names join resources on names.resource = resources.key where names.name = ?"
            " and (? = '' or names.account = ?) and (? = '' or names.region in (?, '')) and (? = '' or token = ?)"
            f" order by status = '{LIVE}' desc, key desc limit 1"
        )
        rows = self._query(sql, (name, account, account, region, region, token, token))
        return self._resource(rows[0]) if rows else None

    def all(self, *tokens: str, account: str = "") -> list[Resource]:
        """Everything live, or everything of some types, oldest first."""
        marks = ", ".join("?" * len(tokens))
        sql = "select * from resources where status = ? and (? = '' or account = ?)"
        sql += f" and token in ({marks})" if tokens else ""
        return [self._resource(row) for row in self._query(f"{sql} order by key", (LIVE, account, account, *tokens))]

    def rows(self, urn_prefix: str) -> list[Row]:
        """What lives of one stack of one project, oldest first."""
        sql = (
            "select key, urn, token, id, recorded.resource from resources"
            " left join recorded on recorded.resource = resources.key"
            " where substr(urn, 1, ?) = ? and status = ? order by key"
        )
        found = self._query(sql, (len(urn_prefix), urn_prefix, LIVE))
        return [Row(key, urn, token, identifier, mark is not None) for key, urn, token, identifier, mark in found]

    def exists(self, token: str, identifier: str) -> bool:
        """Whether a resource of a type and id lives, of whatever stack."""
        sql = "select 1 from resources where token = ? and id = ? and status = ? limit 1"
        return bool(self._query(sql, (token, identifier, LIVE)))

    def record(self, keys: Iterable[int]) -> None:
        """Mark resources that a state holds."""
        with self.transaction():
            for key in keys:
                self._execute("insert or ignore into recorded values (?)", (key,))

    def with_arn(self, arn: str) -> Resource | None:
        """The resource of this ARN, live or pending deletion."""
        rows = self._query("select * from resources where arn = ? limit 1", (arn,))
        return self._resource(rows[0]) if rows else None

    def users(self, resource: Resource) -> list[Use]:
        """Live resources that mention a name of this one in an input, without itself."""
        sql = (
            "select distinct other.token, other.id, uses.path from names join uses on uses.name = names.name"
            " join resources other on other.key = uses.resource"
            " where names.resource = ? and other.key != ? and other.status = ? order by other.key"
        )
        return [Use(*row) for row in self._query(sql, (resource.key, resource.key, LIVE))]

    def mentioning(self, text: str, *tokens: str, account: str) -> list[Resource]:
        """Live resources of some types that have this text in an input, oldest first."""
        return self._having("uses", text, tokens, account)

    def called(self, name: str, *tokens: str, account: str) -> list[Resource]:
        """Resources of some types that a name stands for, those that are pending deletion too, oldest first."""
        return self._having("names", name, tokens, account)

    def _having(self, table: str, text: str, tokens: Iterable[str], account: str) -> list[Resource]:
        of = list(tokens)
        sql = (
            f"select distinct resources.* from {table} join resources on resources.key = {table}.resource"
            f" where {table}.name = ? and resources.account = ? and token in ({', '.join('?' * len(of))})"
            " order by resources.key"
        )
        return [self._resource(row) for row in self._query(sql, (text, account, *of))]

    def edit(self, token: str, identifier: str, changes: Mapping[str, Any], *, account: str) -> None:
        """Drift: changes properties as if by hand. A value of None removes the property.

        Raises:
            LookupError: the resource does not exist.
        """
        with self.transaction():
            found = self.find(token, identifier, account=account)
            if found is None:
                raise LookupError(f"{token} {identifier} does not exist in account {account}")
            for column, properties in (("inputs", found.inputs), ("outputs", found.outputs)):
                merged = {key: value for key, value in {**properties, **changes}.items() if value is not None}
                self._execute(f"update resources set {column} = ? where key = ?", (self._dump(merged), found.key))

    def _resource(self, row: tuple[Any, ...]) -> Resource:
        key, account, region, token, identifier, arn, urn, status, inputs, outputs = row
        made = (self._load(inputs), self._load(outputs))
        return Resource(key, account, region, token, identifier, arn, urn, status, *made)

    def _dump(self, properties: Properties) -> str:
        return json.dumps(properties, default=self._wrap, separators=(",", ":"))

    def _wrap(self, value: Any) -> Any:
        if isinstance(value, Secret):
            return {"$sealed": self._seal.close(self._dump({"": value.value}))}
        if isinstance(value, File):
            return {"$file": value.raw}
        raise TypeError(f"a {type(value).__name__} cannot be stored")

    def _load(self, text: str) -> Properties:
        try:
            return json.loads(text, object_hook=self._unwrap)
        except (ValueError, TypeError, LookupError, RecursionError) as problem:
            folder = self._path.parent
            raise CloudError(
                f"the simulated cloud {self._path} is damaged, or sealed with another key than {folder / 'cloud.key'} "
                f"({type(problem).__name__}). rm -rf '{folder}' begins anew, without any stack"
            ) from problem

    def _unwrap(self, value: dict[str, Any]) -> Any:
        if "$sealed" in value:
            return Secret(json.loads(self._seal.open(value["$sealed"]), object_hook=self._unwrap)[""])
        return File(value["$file"]) if "$file" in value else value


class _Seal:
    """Hides texts with a key stream of HMAC-SHA-256 under a key that only the user may read."""

    def __init__(self, path: Path) -> None:
        self._key = once(path, lambda: secrets.token_bytes(32))

    def close(self, text: str) -> str:
        nonce = secrets.token_bytes(16)
        return (nonce + self._mixed(nonce, text.encode())).hex()

    def open(self, sealed: str) -> str:
        raw = bytes.fromhex(sealed)
        return self._mixed(raw[:16], raw[16:]).decode()

    def _mixed(self, nonce: bytes, data: bytes) -> bytes:
        stream = b""
        block = 0
        while len(stream) < len(data):
            stream += hmac.digest(self._key, nonce + block.to_bytes(4), hashlib.sha256)
            block += 1
        return bytes(a ^ b for a, b in zip(data, stream, strict=False))
