#!/usr/bin/env python3
"""Makes inputs of the fuzzer out of the table of vectors: a pattern, a zero byte, an event. `run minimise` calls it.

seeds.py TABLE FOLDER           one file a row
seeds.py --pack FROM CORPUS     replaces the corpus by FROM's files, the smallest first, up to its size
"""
import hashlib
import json
import pathlib
import shutil
import sys

CORPUS_BYTES_MAX = 400_000


def write(folder, data):
    (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def event_texts(table):
    """The events as they are spelt: repeated keys and long numbers are lost if they are read."""
    decoder = json.JSONDecoder()
    for line in table.splitlines():
        if '"event":' not in line:
            continue
        start = line.index('"event":', line.index('"pattern":')) + len('"event":')
        yield line[start : decoder.raw_decode(line, start)[1]]


def seed(table, folder):
    text = table.read_text()
    rows = json.loads(text)
    events = event_texts(text)
    for row in rows:
        event = next(events) if "event" in row else "{}"
        write(folder, row["pattern"].encode("utf-8", "surrogatepass") + b"\0" + event.encode())


def pack(source, corpus):
    shutil.rmtree(corpus, ignore_errors=True)
    corpus.mkdir()
    total = 0
    for path in sorted(source.iterdir(), key=lambda path: (path.stat().st_size, path.name)):
        total += path.stat().st_size
        if total > CORPUS_BYTES_MAX:
            break
        shutil.copy(path, corpus / path.name)
    print(len(list(corpus.iterdir())), "inputs,", min(total, CORPUS_BYTES_MAX), "bytes")


def main():
    if sys.argv[1] == "--pack":
        pack(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))
    else:
        seed(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))


if __name__ == "__main__":
    main()
