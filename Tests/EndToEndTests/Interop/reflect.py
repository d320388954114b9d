"""Asks a hub with nothing but what it says of itself: gRPC's reflection client finds the messages, no schema is compiled in.

Reads {"address", "ca", "certificate", "key"} from the file of the first argument (PEM files) and prints {"services",
"clusters": names, "actor": of the newest audit record, "missing": what an unknown symbol gets}.
"""

import json
import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase


class CurrentVersion:
    """The package calls the protocol by its older name; its messages are those of v1."""

    def __init__(self, channel):
        self.channel = channel

    def stream_stream(self, method, *arguments, **options):
        return self.channel.stream_stream(method.replace(".v1alpha.", ".v1."), *arguments, **options)


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def call(channel, pool, method: str, **fields):
    service, name = method.rsplit("/", 1)
    descriptor = pool.FindServiceByName(service).FindMethodByName(name)
    request, response = GetMessageClass(descriptor.input_type), GetMessageClass(descriptor.output_type)
    stub = channel.unary_unary(f"/{method}", request.SerializeToString, response.FromString)
    return stub(request(**fields), timeout=20)


def main() -> None:
    task = json.loads(read(sys.argv[1]))
    credentials = grpc.ssl_channel_credentials(read(task["ca"]), read(task["key"]), read(task["certificate"]))
    with grpc.secure_channel(task["address"], credentials) as channel:
        database = ProtoReflectionDescriptorDatabase(CurrentVersion(channel))
        pool = DescriptorPool(database)
        clusters = call(channel, pool, "flotilla.v1.Operator/ListClusters").clusters
        records = call(channel, pool, "flotilla.v1.Operator/ListAudit", page={"size": 1}).records
        try:
            database.FindFileContainingSymbol("flotilla.v1.Nothing")
            missing = "found"
        except KeyError:
            missing = "KeyError"
        print(json.dumps({
            "services": sorted(database.get_services()), "clusters": [cluster.name for cluster in clusters],
            "actor": records[0].actor if records else "", "missing": missing}))


main()
