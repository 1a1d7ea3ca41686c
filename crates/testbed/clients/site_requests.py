"""What `requests` meets on the site whose TLS is ended on the way: argv is proxy and site.

Whom to believe stands in `REQUESTS_CA_BUNDLE`, as people do it."""

import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import requests

PROXY, SITE = sys.argv[1:]
DATA = bytes((at ^ (at >> 8) ^ (at >> 17)) & 255 for at in range(1_000_000))


def session():
    made = requests.Session()
    made.proxies = {"https": PROXY}
    return made


def pieces():
    for at in range(0, len(DATA), 70_001):
        yield DATA[at : at + 70_001]


def get(path, fields=None):
    answer = keeping.get(SITE + path, headers=fields)
    return [answer.status_code, hashlib.sha256(answer.content).hexdigest()]


def events():
    """The second event comes when the first has been heard, and only then."""
    heard = []
    with session() as listening, listening.get(SITE + "/events/requests", stream=True) as answer:
        for line in answer.iter_lines(chunk_size=1):
            if line:
                heard.append(line.decode())
                keeping.get(SITE + "/release/requests")
    return heard


keeping = session()
with ThreadPoolExecutor(10) as threads:
    concurrent = list(threads.map(lambda _: keeping.get(SITE + "/good").status_code, range(20)))
print(
    json.dumps(
        {
            "bytes": get("/bytes/1000000"),
            "stream": get("/stream/1000000"),
            "gzip": get("/gzip"),
            "range": get("/bytes/1000000", {"Range": "bytes=1000-1999"}),
            "tagged": [get("/etag")[0], get("/etag", {"If-None-Match": '"v1"'})[0]],
            "upload": keeping.post(SITE + "/echo", data=DATA).json()["body"],
            "streamed": keeping.post(SITE + "/echo", data=pieces()).json()["body"],
            "events": events(),
            "concurrent": concurrent,
        }
    )
)
