import ServiceKit
import VaultKit

@main
struct Main {
  static func main() async { await ServiceMain.run(VaultApplication.self) }
}
