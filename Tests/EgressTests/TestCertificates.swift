import Foundation
import NIOSSL

/// A throw-away authority and a certificate of it for `provider.test`, made for these tests; they protect nothing.
enum TestCertificates {
  static func serverConfiguration() throws -> TLSConfiguration {
    let chain = try NIOSSLCertificate.fromPEMBytes(Array(leaf.utf8))
    let key = try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)
    return .makeServerConfiguration(certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
  }

  /// Writes the authority to a temporary file; the caller removes it.
  static func authorityFile() throws -> URL {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("authority-\(UUID().uuidString).pem")
    try Data(authority.utf8).write(to: file)
    return file
  }

  private static let authority = """
    -----BEGIN CERTIFICATE-----
    MIIBqjCCAU+gAwIBAgIUGk4pdqAaS35Ou9gUMJWgx7tIMaowCgYIKoZIzj0EAwIw
    ITEfMB0GA1UEAwwWTGFueWFyZCB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjMyMTQ1
    NDJaGA8yMTI2MTAzMDIxNDU0MlowITEfMB0GA1UEAwwWTGFueWFyZCB0ZXN0IGF1
    dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEIkZuvmLlJhnN0qkT6n
    R+ykFl+1k8l7bdIWEqRtrWJxQ95W7jtkInuXO1Am5pwik2geVPn9YJo1u/S+HEEW
    TuGjYzBhMB0GA1UdDgQWBBRnfaJfjCNXz4xOr5UNtOFZr8RjczAfBgNVHSMEGDAW
    gBRnfaJfjCNXz4xOr5UNtOFZr8RjczAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB
    /wQEAwICBDAKBggqhkjOPQQDAgNJADBGAiEAqEptig2WpxdkBKAxUyJjLlaXnhAv
    BJwGZNciyliw2FQCIQCmNvXI1fxEkZS6PJlrTWCOEY2Tufkeyx0EYiH/A0VBRw==
    -----END CERTIFICATE-----
    """

  private static let leaf = """
    -----BEGIN CERTIFICATE-----
    MIIBuTCCAV+gAwIBAgIUMWOQG7HTnUfeVU5p3yq1Iu+1X48wCgYIKoZIzj0EAwIw
    ITEfMB0GA1UEAwwWTGFueWFyZCB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjMyMTQ1
    NDJaGA8yMTI2MTAzMDIxNDU0MlowGDEWMBQGA1UEAwwNcHJvdmlkZXIudGVzdDBZ
    MBMGByqGSM49AgEGCCqGSM49AwEHA0IABDOutp4nbzTpMGw45HxnK4FQKbWU+jPx
    6utS8YfQ5Vl2V+/FIKQtRZArsMjjr5Rip33BRFNkEPwViw0XgjP6sj6jfDB6MBgG
    A1UdEQQRMA+CDXByb3ZpZGVyLnRlc3QwCQYDVR0TBAIwADATBgNVHSUEDDAKBggr
    BgEFBQcDATAdBgNVHQ4EFgQUkBuYCX7L46Ext/tHyOLOYvOu34kwHwYDVR0jBBgw
    FoAUZ32iX4wjV8+MTq+VDbThWa/EY3MwCgYIKoZIzj0EAwIDSAAwRQIhAK7fuqAh
    Fh4GWDUzD06wKB7idx9PZPh2jSX/0S+UOkpeAiA+ki8HKcj8hctp4adoKJ0dlmvt
    UW+AkGdhGpR2bpxK/A==
    -----END CERTIFICATE-----
    """

  private static let key = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgUo+YVsSwpW6nH021
    GuddEGquo6caECoJ6beO47ymGaqhRANCAAQzrraeJ2806TBsOOR8ZyuBUCm1lPoz
    8errUvGH0OVZdlfvxSCkLUWQK7DI46+UYqd9wURTZBD8FYsNF4Iz+rI+
    -----END PRIVATE KEY-----
    """
}
