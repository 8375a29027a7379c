import GatewayKit
import ServiceKit

@main struct Main {
  static func main() async { await ServiceMain.run(GatewayApplication.self) }
}
