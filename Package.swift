// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target of ours is compiled with.
let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// What every C target of ours is compiled with.
let cSettings: [CSetting] = [.treatAllWarnings(as: .error)]

/// A library of ours. Its directory says which side it is on: Sources (pure or shared), Hub, Agents.
/// What generates a part of it lies beside that part, and is not compiled.
func library(
  _ name: String, in directory: String = "Sources", _ dependencies: [Target.Dependency], generators: [String] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "\(directory)/\(name)", exclude: generators,
    swiftSettings: swiftSettings)
}

/// A program of ours.
func program(_ name: String, in directory: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, path: "\(directory)/\(name)", swiftSettings: swiftSettings)
}

/// The tests of one module. Folders of fixtures are read where they lie.
func tests(_ module: String, _ dependencies: [Target.Dependency] = [], fixtures: [String] = []) -> Target {
  .testTarget(
    name: "\(module)Tests", dependencies: [.byName(name: module)] + dependencies, exclude: fixtures,
    swiftSettings: swiftSettings)
}

let grpc: Target.Dependency = .product(name: "GRPCCore", package: "grpc-swift-2")
let grpcTransport: Target.Dependency = .product(
  name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP2: Target.Dependency = .product(name: "NIOHTTP2", package: "swift-nio-http2")
let nioHPACK: Target.Dependency = .product(name: "NIOHPACK", package: "swift-nio-http2")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")

let package = Package(
  name: "flotilla",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.40.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.0"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // The system's C libraries, each with the shims that Swift cannot import (macros, variadics).
    .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CLibGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
    .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .systemLibrary(name: "CSpawn"),
    .systemLibrary(name: "CMalloc"),

    // Pure or shared.
    library("Digests", ["CLibCrypto"]),
    library("Manifests", ["Digests", "CLibYAML"]),
    library("FleetModel", ["Manifests", "Digests"]),
    library(
      "Rendering", ["Manifests", "FleetModel", "Digests"], generators: ["Schema/generate-kubernetes-tables"]),
    library("GitSource", ["CLibGit2", "Manifests", logging]),
    library("Trust", ["FleetModel", "Manifests", "Digests", "CLibCrypto"]),
    .target(name: "CWire", dependencies: ["CProtobufC"], path: "Sources/CWire"),
    library(
      "Wire",
      [
        "CWire", "CProtobufC", "FleetModel", "Manifests", "Digests", "Trust", logging, grpc, grpcTransport, nio,
        nioPosix, nioHTTP2, nioHPACK, nioTLS, nioSSL,
      ]),
    library("Processes", ["CSpawn"]),
    library("Charts", ["Rendering", "Manifests", "Processes"]),
    library("Settings", ["FleetModel", "Manifests"]),
    library("Prometheus", [coreMetrics]),
    library("TimeZones", ["FleetModel", "Manifests"]),
    library("Programs", ["Settings", "FleetModel", "Manifests", logging]),

    // The hub: it alone has history and keys.
    library("RolloutEngine", in: "Hub", ["FleetModel", "Manifests", "Digests"]),
    library("Authority", in: "Hub", ["Trust", "FleetModel", "Manifests", "Digests", "CLibCrypto"]),
    library("FleetStore", in: "Hub", ["FleetModel", "Manifests", "Digests", grdb]),
    library(
      "ReleasePipeline", in: "Hub",
      [
        "Digests", "Manifests", "FleetModel", "Rendering", "GitSource", "Trust", "RolloutEngine", "Authority",
        "FleetStore", "Prometheus", "TimeZones", logging, coreMetrics,
      ]),
    library(
      "Analyses", in: "Hub", ["ReleasePipeline", "FleetModel", "Manifests", asyncHTTPClient, nio, nioHTTP1]),
    library(
      "HubAPI", in: "Hub",
      [
        "ReleasePipeline", "Rendering", "RolloutEngine", "FleetStore", "Wire", "Trust", "FleetModel", "Manifests",
        "Digests",
        logging,
      ]),
    program(
      "flotilla-hub", in: "Hub",
      [
        "HubAPI", "ReleasePipeline", "Wire", "Trust", "Authority", "FleetStore", "FleetModel", "GitSource", "Manifests",
        "Digests", "Charts", "Settings", "Programs", "Prometheus", "Analyses", "CMalloc", logging, lifecycle,
        unixSignals, hummingbird, asyncHTTPClient,
        nioPosix,
      ]),

    // The agent: it alone touches clusters.
    library(
      "AgentCore", in: "Agents", ["Wire", "Trust", "FleetModel", "Manifests", "Digests", logging, nio]),
    library(
      "DirectoryTarget", in: "Agents",
      ["AgentCore", "Manifests", "FleetModel", "Digests", "Processes", logging, asyncHTTPClient, nio, nioHTTP1]),
    library(
      "KubernetesTarget", in: "Agents",
      [
        "AgentCore", "Manifests", "FleetModel", "Digests", "Trust", logging, asyncHTTPClient, nio, nioHTTP1, nioSSL,
      ]),
    program(
      "flotilla-agent", in: "Agents",
      [
        "AgentCore", "DirectoryTarget", "KubernetesTarget", "Trust", "FleetModel", "Manifests", "Settings", "Programs",
        "Prometheus", "CMalloc", logging, lifecycle, unixSignals, asyncHTTPClient, nio, nioHTTP1, nioPosix,
      ]),

    // The operator's side.
    library("OperatorClient", ["Wire", "Trust", "Settings", "FleetModel", "Manifests", nio]),
    library("FreePorts", ["Manifests"]),
    library("LocalFleet", ["OperatorClient", "Wire", "FreePorts", "Manifests", nioPosix]),
    program(
      "flotilla", in: "Sources",
      [
        "LocalFleet", "OperatorClient", "Wire", "Rendering", "Charts", "GitSource", "FleetModel", "Manifests",
        "Digests",
        "Programs", "TimeZones", arguments,
        nioPosix,
      ]),

    // A stand-in for the machines of a cluster, for demonstrations and tests; no part of the product.
    .executableTarget(
      name: "flotilla-demo-node",
      dependencies: ["Manifests", "Digests", logging, lifecycle, arguments, hummingbird],
      path: "Examples/demo-node", swiftSettings: swiftSettings),

    // What is measured, with `make bench`.
    .executableTarget(
      name: "flotilla-bench",
      dependencies: [
        "LocalFleet", "GitSource", "Programs", "Wire", "Rendering", "FleetModel", "Manifests", "Digests", "TestSupport",
        "KubernetesTarget", "CMalloc", "RolloutEngine", logging, nioPosix,
      ],
      path: "Tests/Benchmarks", exclude: ["plot-scale.py"], swiftSettings: swiftSettings),

    // What the conformance suite of TUF drives.
    .executableTarget(
      name: "flotilla-conformance-client",
      dependencies: ["Trust", "FleetModel", "Manifests", "Digests", arguments, asyncHTTPClient, nio, nioHTTP1],
      path: "Tests/Conformance", exclude: ["client", "client.xfails"], swiftSettings: swiftSettings),

    // A stand-in for an API server as a program, for benchmarks, demonstrations and kubectl.
    .executableTarget(
      name: "flotilla-kubernetes-double", dependencies: ["KubernetesDouble", arguments, unixSignals],
      path: "Tests/KubernetesDoubleProgram", swiftSettings: swiftSettings),

    // Many agents in one process, to load a hub with.
    .executableTarget(
      name: "flotilla-load",
      dependencies: [
        "AgentCore", "OperatorClient", "Wire", "Trust", "FleetModel", "Manifests", "Settings", "Programs", logging,
        arguments,
        unixSignals, nioPosix,
      ],
      path: "Tests/LoadGenerator", swiftSettings: swiftSettings),

    // Tests.
    .target(
      name: "TestSupport", dependencies: ["FreePorts", "Manifests"], path: "Tests/TestSupport",
      exclude: ["AgentDoubles", "ControlPlanes", "HubSite", "KubernetesDouble", "RolloutRules"],
      swiftSettings: swiftSettings),
    .target(
      name: "AgentDoubles", dependencies: ["AgentCore", "Manifests"], path: "Tests/TestSupport/AgentDoubles",
      swiftSettings: swiftSettings),
    // The rules of Docs/rollouts.md, for whoever has events and what came of them.
    .target(
      name: "RolloutRules", dependencies: ["RolloutEngine", "FleetModel", "Manifests"],
      path: "Tests/TestSupport/RolloutRules", swiftSettings: swiftSettings),
    .target(
      name: "HubSite",
      dependencies: [
        "TestSupport", "LocalFleet", "Programs", "ReleasePipeline", "Rendering", "RolloutEngine", "FleetStore",
        "Authority", "GitSource", "Trust", "FleetModel", "Manifests", "Digests", logging,
      ],
      path: "Tests/TestSupport/HubSite", swiftSettings: swiftSettings),
    .target(
      name: "KubernetesDouble", dependencies: ["Manifests", "Digests", nio, nioHTTP1, nioPosix, nioSSL],
      path: "Tests/TestSupport/KubernetesDouble", resources: [.copy("Schemas/kubernetes-1.36.txt")],
      swiftSettings: swiftSettings),
    // What tests are run against, the double and a real one alike.
    .target(
      name: "ControlPlanes",
      dependencies: ["TestSupport", "KubernetesDouble", "Manifests", asyncHTTPClient, nio, nioHTTP1, nioSSL],
      path: "Tests/TestSupport/ControlPlanes", swiftSettings: swiftSettings),
    tests("Digests"),
    tests("FreePorts"),
    tests("Manifests", ["TestSupport"]),
    tests(
      "FleetModel", ["TestSupport", "Manifests", "Digests"], fixtures: ["Golden", "Fixtures", "Schema/validate.py"]),
    tests("Rendering", ["TestSupport", "Manifests", "FleetModel", "Digests"], fixtures: ["Cases"]),
    tests("Charts", ["TestSupport", "Rendering", "FleetModel", "Manifests"]),
    tests("GitSource", ["TestSupport", "FreePorts", "Manifests", logging], fixtures: ["Servers"]),
    tests("Trust", ["TestSupport", "FleetModel", "Manifests", "Digests"]),
    tests(
      "Wire", ["TestSupport", "FleetModel", "Manifests", "Trust", "Digests", logging, grpc, nio, nioPosix, nioSSL]),
    tests("Prometheus", [coreMetrics]),
    tests("Programs", ["Settings", "FleetModel", "Manifests", logging]),
    tests("Settings", ["TestSupport", "FleetModel", "Manifests"]),
    tests("RolloutEngine", ["RolloutRules", "FleetModel", "Manifests", "Digests"], fixtures: ["Stories"]),
    tests("TimeZones", ["FleetModel", "Manifests"]),
    tests("Analyses", ["TestSupport", "ReleasePipeline", "FleetModel", asyncHTTPClient]),
    tests("Authority", ["TestSupport", "Trust", "FleetModel", "Manifests", "Digests"], fixtures: ["Interop"]),
    tests("FleetStore", ["TestSupport", "FleetModel", "Manifests", "Digests", grdb], fixtures: ["Stores"]),
    tests(
      "AgentCore",
      [
        "AgentDoubles", "HubSite", "TestSupport", "LocalFleet", "Programs", "HubAPI", "ReleasePipeline", "Authority",
        "Wire", "Trust", "FleetModel", "Manifests", "Digests", logging, nioPosix,
      ]),
    tests(
      "DirectoryTarget",
      [
        "AgentDoubles", "TestSupport", "AgentCore", "FleetModel", "Manifests", "Digests", logging, asyncHTTPClient,
      ]),
    tests(
      "KubernetesDouble",
      ["TestSupport", "ControlPlanes", "Manifests", "flotilla-kubernetes-double"]),
    tests(
      "KubernetesTarget",
      [
        "TestSupport", "ControlPlanes", "KubernetesDouble", "AgentCore", "FleetModel", "Manifests", logging, nioPosix,
        "flotilla",
      ]),
    tests(
      "ReleasePipeline",
      [
        "HubSite", "TestSupport", "LocalFleet", "Rendering", "RolloutEngine", "FleetStore", "Trust", "FleetModel",
        "Manifests", "Digests", grdb,
      ]),
    tests(
      "HubAPI",
      [
        "HubSite", "TestSupport", "LocalFleet", "ReleasePipeline", "RolloutEngine", "FleetStore", "Authority", "Wire",
        "Trust",
        "FleetModel",
        "Manifests", "Digests", "Settings", "Programs", "Prometheus", logging, coreMetrics, grpc,
        nioPosix,
        "flotilla-hub",
      ]),
    .testTarget(name: "ArchitectureTests", swiftSettings: swiftSettings),
    .testTarget(
      name: "ConformanceTests", dependencies: ["TestSupport", "flotilla-conformance-client"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "RolloutRules", "TestSupport", "LocalFleet", "FreePorts", "ReleasePipeline", "RolloutEngine", "FleetStore",
        "Authority",
        "Programs", "Trust", "Wire", "FleetModel", "Manifests", "Digests", nio, nioPosix,
        "flotilla", "flotilla-hub",
        "flotilla-agent", "flotilla-demo-node", "flotilla-kubernetes-double", "flotilla-load",
      ],
      exclude: ["Interop"],
      swiftSettings: swiftSettings),
  ]
)
