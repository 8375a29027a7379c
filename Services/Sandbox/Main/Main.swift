import SandboxKit

@main
struct Main {
  static func main() async { await SandboxMain.run() }
}
