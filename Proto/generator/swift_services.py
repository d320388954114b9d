"""For each service: its methods as values, a protocol for who serves it, and a client."""

from . import names
from .swift_messages import comment

SHAPES = {(False, False): "unary", (False, True): "serverStreaming", (True, True): "bidirectionalStreaming"}


def generate(schema, file, service):
    space = names.namespace(file.package)
    methods = [(m, names.swift_method(m.name), schema.spelling[m.request], schema.spelling[m.response], SHAPES[m.client_streams, m.server_streams]) for m in service.methods]
    out = [f"extension {space} {{"] + _methods(file, service, methods) + [""] + _protocol(service, methods) + [""] + _client(service, methods) + ["}", ""]
    return out + _registration(space, service, methods)


def _methods(file, service, methods):
    out = [f"  /// The methods of `{file.package}.{service.name}`.", f"  public enum {service.name}Methods {{"]
    for method, label, request, response, shape in methods:
        out += [f"    public static let {label} = WireMethod<{request}, {response}>(", f'      service: "{file.package}.{service.name}", method: "{method.name}", type: .{shape})']
    listed = ", ".join(f"{label}.descriptor" for _, label, _, _, _ in methods)
    return out + ["", f"    public static let all: [MethodDescriptor] = [{listed}]", "  }"]


def _protocol(service, methods):
    out = comment(service.comment, "  ") + [f"  public protocol {service.name}Service: RegistrableRPCService {{"]
    for method, label, request, response, shape in methods:
        out += comment(method.comment, "    ")
        if shape == "unary":
            out += [f"    func {label}(_ request: {request}, _ call: ServerCall) async throws -> {response}"]
        elif shape == "serverStreaming":
            out += [f"    func {label}(", f"      _ request: {request}, _ responses: MessageWriter<{response}>, _ call: ServerCall", "    ) async throws"]
        else:
            out += [f"    func {label}(", f"      _ requests: MessageStream<{request}>, _ responses: MessageWriter<{response}>, _ call: ServerCall", "    ) async throws"]
    return out + ["  }"]


def _client(service, methods):
    out = comment(service.comment, "  ") + [
        f"  public struct {service.name}Client: Sendable {{", "    public let channel: HubChannel", "",
        "    public init(_ channel: HubChannel) { self.channel = channel }"]
    for method, label, request, response, shape in methods:
        out += [""] + comment(method.comment, "    ")
        target = f"{service.name}Methods.{label}"
        if shape == "unary":
            out += [
                f"    public func {label}(", f"      _ request: {request}, timeout: Duration = WireLimits.callTimeout",
                f"    ) async throws(FleetError) -> {response} {{",
                f"      try await channel.unary({target}, request, timeout: timeout)", "    }"]
        elif shape == "serverStreaming":
            out += [
                f"    public func {label}<Result: Sendable>(", f"      _ request: {request}, timeout: Duration? = nil,",
                f"      onResponses body: @Sendable @escaping (MessageStream<{response}>) async throws -> Result",
                "    ) async throws -> Result {",
                f"      try await channel.serverStreaming({target}, request, timeout: timeout, onResponses: body)", "    }"]
        else:
            out += [
                f"    public func {label}<Result: Sendable>(",
                f"      sending requests: @Sendable @escaping (MessageWriter<{request}>) async throws -> Void,",
                f"      onResponses body: @Sendable @escaping (MessageStream<{response}>) async throws -> Result",
                "    ) async throws -> Result {",
                f"      try await channel.bidirectionalStreaming({target}, sending: requests, onResponses: body)", "    }"]
    return out + ["  }"]


def _registration(space, service, methods):
    out = [f"extension {space}.{service.name}Service {{", "  public func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {"]
    for _, label, _, _, shape in methods:
        target = f"{space}.{service.name}Methods.{label}"
        arguments = {"unary": "$0, $1"}.get(shape, "$0, $1, $2")
        out += [f"    router.{shape}({target}) {{ try await self.{label}({arguments}) }}"]
    return out + ["  }", "}"]
