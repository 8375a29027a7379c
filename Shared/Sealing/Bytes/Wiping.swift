import FoundationEssentials

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Overwrites memory in a way that the optimiser may not remove.
func wipe(_ memory: UnsafeMutableRawBufferPointer) {
  guard let base = memory.baseAddress, memory.count > 0 else { return }
  #if canImport(Darwin)
    _ = memset_s(base, memory.count, 0, memory.count)
  #else
    explicit_bzero(base, memory.count)
  #endif
}

extension [UInt8] {
  /// Overwrites this array's storage. A copy that another variable still shares is not reached.
  mutating func wipe() { withUnsafeMutableBytes { Sealing.wipe($0) } }
}

extension Data {
  /// Overwrites this value's storage. A copy that another variable still shares is not reached.
  mutating func wipe() { withUnsafeMutableBytes { Sealing.wipe($0) } }
}
