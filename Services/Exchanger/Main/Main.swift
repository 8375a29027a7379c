import ExchangerKit
import ServiceKit

@main struct Main {
  static func main() async { await ServiceMain.run(ExchangerApplication.self) }
}
