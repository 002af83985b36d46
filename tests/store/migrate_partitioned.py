"""The same migrations with every table that is marked /*distributed*/ hash-partitioned by bucket.

The store's tests run against this schema too: what passes here keeps to one bucket in every join and has
no constraint across buckets, which is what running distributed needs."""
import pathlib
import re
import sys

import psycopg2

PARTITIONS = 8
TABLE = re.compile(r'CREATE TABLE "?(\w+)"? \((?:(?!CREATE TABLE).)*?\)/\*distributed\*/', re.S)


def partitioned(text):
    parts = "".join(
        f'CREATE TABLE "{table}_p{i}" PARTITION OF "{table}"'
        f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {i});\n"
        for table in TABLE.findall(text)
        for i in range(PARTITIONS)
    )
    return text.replace("/*distributed*/", " PARTITION BY HASH (bucket)") + parts


def main(socket, database):
    folder = pathlib.Path(__file__).resolve().parents[2] / "migrations"
    connection = psycopg2.connect(host=socket, dbname=database, user="postgres")
    cursor = connection.cursor()
    cursor.execute(
        "CREATE SCHEMA authd; SET search_path = authd;"
        " CREATE TABLE schema_migration (version integer PRIMARY KEY)"
    )
    tables = 0
    for path in sorted(folder.glob("[0-9]*.sql")):
        text = path.read_text()
        tables += len(TABLE.findall(text))
        if len(TABLE.findall(text)) != text.count("/*distributed*/"):
            sys.exit(f"{path}: a marked table was not recognised")
        cursor.execute(partitioned(text))
    if tables < 10:
        sys.exit("the marker is missing in the migrations")
    connection.commit()


main(*sys.argv[1:3])
