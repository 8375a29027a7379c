public import Foundation
import PostgreSQL

/// The vault's database schema.
public enum VaultSchema {
  /// The folder of the numbered migrations, applied by the owner role.
  public static var migrationsDirectory: URL {
    Bundle.module.bundleURL.appendingPathComponent("Migrations", isDirectory: true)
  }

  /// The row-level-security context of an organization. Every statement about an organization's rows runs in one.
  static func context(_ organization: String) -> SessionContext {
    SessionContext(setting: "lanyard.organization", value: organization)
  }
}
