import FoundationEssentials
import Hummingbird
import Synchronization

/// Every route of a service. It tells "no such path" from "not by this method", which the router does not.
final class RouteTable: Sendable {
  private let routes = Mutex<[(path: RouterPath, method: String)]>([])

  func add(_ path: RouterPath, method: HTTPRequest.Method) {
    routes.withLock { routes in
      routes.append((path, method.rawValue))
      // The router answers HEAD wherever it answers GET.
      if method == .get { routes.append((path, "HEAD")) }
    }
  }

  /// The methods of all routes that match a path. Only asked when nothing else matched.
  func methods(at path: String) -> Set<String> {
    let parts = path.split(separator: "/", omittingEmptySubsequences: true)
    return routes.withLock { routes in
      Set(routes.filter { Self.matches($0.path, parts) }.map(\.method))
    }
  }

  private static func matches(_ path: RouterPath, _ parts: [Substring]) -> Bool {
    for (index, element) in path.enumerated() {
      if element == .recursiveWildcard { return true }
      guard index < parts.count, element ~= parts[index] else { return false }
    }
    return path.count == parts.count
  }
}
