/// A queue: first in, first out.
struct FIFO<Element> {
  private var storage: [Element?] = []
  private var head = 0

  var isEmpty: Bool { head == storage.count }
  var count: Int { storage.count - head }
  var first: Element? { isEmpty ? nil : storage[head] }

  mutating func append(_ element: Element) { storage.append(element) }

  mutating func prepend(contentsOf elements: [Element]) {
    storage.replaceSubrange(0..<head, with: elements.map { Optional($0) })
    head = 0
  }

  mutating func popFirst() -> Element? {
    guard head < storage.count else { return nil }
    let element = storage[head].take()
    head += 1
    if head == storage.count {
      storage.removeAll(keepingCapacity: true)
      head = 0
    } else if head >= Self.compactionSize, head * 2 > storage.count {
      storage.removeFirst(head)
      head = 0
    }
    return element
  }

  mutating func removeAll() -> [Element] {
    defer { self = FIFO() }
    return storage[head...].compactMap { $0 }
  }

  mutating func removeAll(where isRemoved: (Element) -> Bool) {
    storage = storage[head...].filter { $0.map { !isRemoved($0) } ?? false }
    head = 0
  }

  /// Moving the rest to the front pays only when much is free there.
  private static var compactionSize: Int { 64 }
}
