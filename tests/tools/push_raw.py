#!/usr/bin/python3
"""A push as somebody without sijil would make it, who believes any relay.

    push_raw.py URL FINGERPRINT FILE     the project's fingerprint, and any bytes behind the preface

Prints the answer: `status S`, for each refusal its reason and sentence, and `accepted A, had H, refused R`.
"""

import http.client
import io
import ssl
import struct
import sys

import cbor2

CONSONANTS, VOWELS = "bdfghjklmnprstvz", "aiou"


def project_id(fingerprint):
    words = []
    for word in fingerprint.split("-"):
        letters = [(CONSONANTS, VOWELS)[i % 2].index(letter) for i, letter in enumerate(word)]
        words.append(letters[0] << 12 | letters[1] << 10 | letters[2] << 6 | letters[3] << 4 | letters[4])
    return struct.pack(">8H", *words)


def main():
    url, fingerprint, path = sys.argv[1:]
    body = cbor2.dumps([0, 1, project_id(fingerprint), 1, []]) + open(path, "rb").read()
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(url.removeprefix("https://"), context=context, timeout=20)
    connection.request("POST", "/1/push", body, {"Content-Type": "application/cbor-seq"})
    answer = connection.getresponse()
    print("status", answer.status)
    data = answer.read()
    stream = io.BytesIO(data)
    while answer.status == 200 and stream.tell() < len(data):
        item = cbor2.load(stream)
        if item[:2] == [0, 2]:
            print("refusal", item[3], item[4])
        elif item[:2] == [0, 3]:
            print("accepted %d, had %d, refused %d" % tuple(item[2:]))


main()
