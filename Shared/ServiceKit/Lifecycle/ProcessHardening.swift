#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Keeps the process's memory, with the secrets in it, out of files and other processes.
public enum ProcessHardening {
  /// Switches core dumps off and, on Linux, forbids other processes of the same user to read this one's memory.
  ///
  /// - Returns: whether all of it took effect.
  public static func apply() -> Bool {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    #if canImport(Glibc)
      let limited = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0
    #else
      let limited = setrlimit(RLIMIT_CORE, &none) == 0
    #endif
    #if os(Linux)
      return limited && setDumpable(false)
    #else
      return limited
    #endif
  }

  #if os(Linux)
    /// `prctl(PR_SET_DUMPABLE, …)`. The function takes variable arguments and so cannot be called by its Swift name; its arguments are
    /// machine words in registers either way, so it can be called through its address.
    private static func setDumpable(_ dumpable: Bool) -> Bool {
      typealias Prctl = @convention(c) (CInt, CUnsignedLong, CUnsignedLong, CUnsignedLong, CUnsignedLong) -> CInt
      let setDumpableOption: CInt = 4
      guard let symbol = dlsym(nil, "prctl") else { return false }
      return unsafeBitCast(symbol, to: Prctl.self)(setDumpableOption, dumpable ? 1 : 0, 0, 0, 0) == 0
    }
  #endif
}
