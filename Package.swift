// swift-tools-version: 6.2
import PackageDescription

// Settings shared by every target of ours. Warnings stop the build: a warning nobody must act on is noise.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let asyncAlgorithms = Target.Dependency.product(name: "AsyncAlgorithms", package: "swift-async-algorithms")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let service: [Target.Dependency] = [
  "Model", "Deadlines", "ServiceKit", "ServiceTokens", hummingbird, httpTypes, logging, configuration, lifecycle,
  nioCore,
]

/// A service is a library with the code and a thin executable beside it, so that tests can link the code.
func serviceTargets(
  _ folder: String, executable: String, dependencies: [Target.Dependency], resources: [Resource] = []
) -> [Target] {
  [
    .target(
      name: "\(folder)Kit", dependencies: service + dependencies, path: "Services/\(folder)", exclude: ["Main"],
      resources: resources, swiftSettings: settings),
    .executableTarget(
      name: executable, dependencies: [.target(name: "\(folder)Kit"), "ServiceKit"], path: "Services/\(folder)/Main",
      swiftSettings: settings),
  ]
}

func library(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Shared/\(name)", resources: resources, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, path: "Tests/\(name)", resources: resources, swiftSettings: settings)
}

var targets: [Target] = []

// Services
targets += serviceTargets(
  "Vault", executable: "vault",
  dependencies: [
    "PostgreSQL", "DatabaseErrors", "FailPoints", "Sealing", "Audit", crypto, asyncHTTPClient, metrics, nioHTTP1,
  ],
  resources: [.copy("Migrations")])
targets += serviceTargets(
  "Exchanger", executable: "exchanger",
  dependencies: [
    "Providers", "Egress", "FailPoints", "MCP", "Sealing", "SingleFlight", crypto, cryptoExtras, nioPosix,
  ])
targets += serviceTargets(
  "Policy", executable: "policy",
  dependencies: ["PostgreSQL", "DatabaseErrors", "Providers", "MCP", "Rules", "Audit", crypto],
  resources: [.copy("Migrations")])
targets += serviceTargets(
  "Gateway", executable: "gateway",
  dependencies: [
    "Egress", "MCP", "SingleFlight", "ScopeTexts", mustache, crypto, asyncHTTPClient, asyncAlgorithms, metrics,
  ],
  resources: [.copy("Resources")])
targets += serviceTargets(
  "Sandbox", executable: "sandbox", dependencies: ["MCP", asyncHTTPClient, crypto, mustache, nioHTTP1, unixSignals],
  resources: [.copy("Resources")])
targets += [
  .executableTarget(
    name: "lanyard",
    dependencies: [
      "Model", "PostgreSQL", "Sealing", "ServiceTokens", "ServiceKit", "Audit", "VaultKit", "PolicyKit", argumentParser,
      asyncHTTPClient, asn1, crypto, logging, x509, yams, nioCore, nioHTTP1,
    ],
    path: "Services/CommandLine", swiftSettings: settings)
]

// Shared libraries
targets += [
  library("Model", []),
  .systemLibrary(name: "CLibPQ", path: "Shared/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
  library("Deadlines", []),
  library("PostgreSQL", ["CLibPQ", "Deadlines", logging, metrics, lifecycle, crypto]),
  library("DatabaseErrors", ["Model", "PostgreSQL"]),
  library(
    "ServiceKit",
    [
      "Model", "Deadlines", "ServiceTokens", hummingbird, hummingbirdTLS, httpTypes, asyncHTTPClient, configuration,
      lifecycle, unixSignals, logging, metrics, coreMetrics, tracing, nioCore, nioHTTP1, nioPosix, nioSSL,
    ]),
  library("ServiceTokens", ["Model", crypto]),
  library(
    "Egress",
    ["Model", "Deadlines", asyncHTTPClient, nioCore, nioHTTP1, nioPosix, nioSSL, httpTypes, logging, metrics]),
  library("MCP", ["Model", crypto]),
  library("Providers", ["Model"], resources: [.copy("Catalogue")]),
  library("Rules", ["Model"]),
  library("FailPoints", []),
  library("ScopeTexts", [], resources: [.copy("Texts")]),
  library("Sealing", ["Model", crypto]),
  library("SingleFlight", []),
  library(
    "Audit", ["Model", "PostgreSQL", "ServiceKit", "ServiceTokens", crypto, lifecycle, logging, metrics, nioPosix],
    resources: [.copy("audit_schema.sql"), .copy("audit_retention.sql")]),
]

// Measures beside references: `make bench`. Nothing else needs it.
targets += [
  .executableTarget(
    name: "lanyard-bench",
    dependencies: [
      "Model", "PostgreSQL", "Rules", "ServiceKit", "VaultKit", argumentParser, logging,
    ],
    path: "Benchmarks", exclude: ["driver"], swiftSettings: settings)
]

// Tests
targets += [
  .target(
    name: "TestSupport",
    dependencies: [
      "Model", "PostgreSQL", "ServiceKit", "ServiceTokens", "Sealing", asyncHTTPClient, httpTypes, hummingbird,
      lifecycle,
      logging, crypto, nioCore,
    ],
    path: "Tests/TestSupport", swiftSettings: settings),
  tests("DeadlinesTests", ["Deadlines"]),
  tests("ModelTests", ["Model"], resources: [.copy("Golden")]),
  tests("PostgreSQLTests", ["PostgreSQL", "TestSupport", logging]),
  tests(
    "ServiceKitTests",
    [
      "ServiceKit", "ServiceTokens", "Model", "TestSupport", hummingbird, httpTypes, asyncHTTPClient, lifecycle,
      logging,
      coreMetrics, crypto, nioCore, nioHTTP1, nioPosix, tracing, x509, asn1,
    ]),
  tests("ServiceTokensTests", ["ServiceTokens", "Model", crypto, jwtKit]),
  tests(
    "EgressTests",
    ["Egress", "TestSupport", hummingbird, hummingbirdTLS, httpTypes, logging, nioCore, nioPosix, nioSSL]),
  tests("MCPTests", ["MCP", "Model"]),
  tests("ProvidersTests", ["Providers", "Model"]),
  tests("RulesTests", ["Rules", "Model"]),
  tests("FailPointsTests", ["FailPoints"]),
  tests("ScopeTextsTests", ["ScopeTexts", "Providers"]),
  tests("SealingTests", ["Sealing", "Model", crypto]),
  tests("SingleFlightTests", ["SingleFlight"]),
  tests("AuditTests", ["Audit", "PostgreSQL", "ServiceTokens", "TestSupport", "Model", crypto, lifecycle, logging]),
  tests(
    "VaultTests",
    [
      "VaultKit", "TestSupport", "Model", "ServiceKit", "ServiceTokens", "PostgreSQL", "Sealing", "Audit",
      asyncHTTPClient,
      crypto, logging, nioCore, nioHTTP1,
    ]),
  tests(
    "PolicyTests",
    [
      "PolicyKit", "TestSupport", "MCP", "Model", "ServiceKit", "ServiceTokens", "PostgreSQL", "Providers", "Audit",
      "Sealing", logging, asyncHTTPClient, nioCore, nioHTTP1,
    ]),
  tests(
    "ExchangerTests",
    [
      "ExchangerKit", "TestSupport", "Model", "Providers", "Egress", "Sealing", crypto, cryptoExtras, hummingbird,
      httpTypes, logging, nioCore, nioPosix,
    ]),
  tests(
    "GatewayTests",
    [
      "GatewayKit", "TestSupport", "Model", "MCP", "Egress", "ServiceKit", "ServiceTokens", asyncHTTPClient, crypto,
      httpTypes, hummingbird, lifecycle, logging, nioCore, nioHTTP1,
    ]),
  tests(
    "SandboxTests",
    [
      "SandboxKit", "ServiceKit", "TestSupport", "MCP", "Model", hummingbird, asyncHTTPClient, nioCore, nioPosix,
      .product(name: "NIOHTTP1", package: "swift-nio"), logging, crypto,
    ]),
]

let package = Package(
  name: "Lanyard",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.0"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
  ],
  targets: targets,
  swiftLanguageModes: [.v6]
)
