"""Asks a hub with gRPC's own Python client, which knows nothing of the project.

Reads {"address", "ca", "questions": [{"certificate", "key", "method", "request"}]} from the file of the first argument:
PEM files, the last two null for a client without a certificate; a method's full name; one message in hexadecimal. Prints
a list of {"code", "details", "responses": [hexadecimal]}.
"""

import json
import sys

import grpc


def read(path: str | None) -> bytes | None:
    if path is None:
        return None
    with open(path, "rb") as file:
        return file.read()


def ask(address: str, ca: str, question: dict) -> dict:
    credentials = grpc.ssl_channel_credentials(read(ca), read(question["key"]), read(question["certificate"]))
    responses = []
    with grpc.secure_channel(address, credentials) as channel:
        # On the wire a unary call is a stream of one message, so that one form serves for all.
        call = channel.stream_stream(question["method"], lambda message: message, lambda message: message)
        try:
            for response in call(iter([bytes.fromhex(question["request"])]), timeout=20):
                responses.append(response.hex())
        except grpc.RpcError as error:
            return {"code": error.code().name, "details": error.details(), "responses": responses}
    return {"code": "OK", "details": "", "responses": responses}


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        task = json.load(file)
    print(json.dumps([ask(task["address"], task["ca"], question) for question in task["questions"]]))


main()
