public import Foundation

/// Where the migrations of the policy service's database are. They are applied by the `lanyard migrate` command as
/// the owner role.
public enum PolicySchema {
  /// The numbered SQL files that come with the executable.
  public static var migrationsDirectory: URL {
    Bundle.module.bundleURL.appendingPathComponent("Migrations", isDirectory: true)
  }

  /// The application role that the migrations give rights to. It owns nothing.
  public static let applicationRole = "policy_app"
}
