import PolicyKit
import ServiceKit

@main struct Main {
  static func main() async { await ServiceMain.run(PolicyApplication.self) }
}
