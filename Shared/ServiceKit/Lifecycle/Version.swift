/// The version of all executables.
public enum LanyardVersion {
  public static let current = "0.1.0"
}
