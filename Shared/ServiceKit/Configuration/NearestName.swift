/// Finds what somebody meant to type.
enum NearestName {
  /// The candidate with the fewest edits, if it is near enough to be a typing mistake: at most a third of the name.
  static func suggestion(for name: String, among candidates: some Sequence<String>) -> String? {
    let best = candidates.map { (name: $0, distance: distance(name, $0)) }
      .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let best, best.distance <= max(1, name.count / 3) else { return nil }
    return best.name
  }

  /// The number of inserted, removed and replaced letters (Levenshtein).
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (i, letter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let replaced = diagonal + (letter == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}
