import Model
import ServiceKit

/// Writes results for people or for programs.
enum Output {
  static func line(_ text: String) { StandardStream.output.write(text + "\n") }

  /// One JSON document on one line.
  static func json(_ value: some Encodable) throws {
    line(String(decoding: try WireJSON.encode(value), as: UTF8.self))
  }

  /// Rows whose cells stand below each other, two blanks apart.
  static func table(_ rows: [[String]]) {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    for row in rows {
      let cells = row.enumerated().map { column, cell in
        column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
      }
      line(cells.joined(separator: "  "))
    }
  }
}
