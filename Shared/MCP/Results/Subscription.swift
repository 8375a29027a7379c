/// Which changes a client wants to hear of (revision 2026-07-28, subscriptions).
public struct SubscriptionFilter: Hashable, Sendable {
  public var toolsListChanged = false
  public var promptsListChanged = false
  public var resourcesListChanged = false
  public var resources: [String] = []

  /// Resources of one subscription.
  private static let maximumResources = 1_000

  public init(
    toolsListChanged: Bool = false, promptsListChanged: Bool = false, resourcesListChanged: Bool = false,
    resources: [String] = []
  ) {
    self.toolsListChanged = toolsListChanged
    self.promptsListChanged = promptsListChanged
    self.resourcesListChanged = resourcesListChanged
    self.resources = resources
  }

  /// Reads `params.notifications` of `subscriptions/listen`.
  public init(_ message: MCPMessage) throws(RPCError) {
    guard let node = message.text("notifications", in: .params).flatMap({ try? JSONNode($0.bytes) }),
      node.members != nil
    else { throw RPCError(.invalidParams, "The member params.notifications must be an object.") }
    resources = node["resourceSubscriptions"]?.elements?.compactMap(\.string) ?? []
    guard resources.count <= Self.maximumResources else {
      throw RPCError(.invalidParams, "The member params.notifications.resourceSubscriptions is too long.")
    }
    toolsListChanged = node["toolsListChanged"]?.boolean ?? false
    promptsListChanged = node["promptsListChanged"]?.boolean ?? false
    resourcesListChanged = node["resourcesListChanged"]?.boolean ?? false
  }

  public var text: JSONText {
    .object([
      "toolsListChanged": toolsListChanged ? true : nil, "promptsListChanged": promptsListChanged ? true : nil,
      "resourcesListChanged": resourcesListChanged ? true : nil,
      "resourceSubscriptions": resources.isEmpty ? nil : .array(resources.map { JSONText($0) }),
    ])
  }
}

/// The messages of one subscription. Its id is that of the request, so whoever renumbers requests renumbers it too.
public struct Subscription: Hashable, Sendable {
  public let id: MessageIdentifier

  public init(id: MessageIdentifier) { self.id = id }

  private var meta: JSONText { .object([MetaName.subscriptionId: id.text]) }

  /// Asks for it.
  public func request(_ filter: SubscriptionFilter, envelope: ModernEnvelope) -> [UInt8] {
    OutgoingMessage.request(id, "subscriptions/listen", [("notifications", filter.text)], envelope: envelope)
  }

  /// The first event: what the server will really tell.
  public func acknowledged(_ filter: SubscriptionFilter) -> [UInt8] {
    OutgoingMessage.notification(
      "notifications/subscriptions/acknowledged", [("_meta", meta), ("notifications", filter.text)])
  }

  public func toolsListChanged() -> [UInt8] { changed("notifications/tools/list_changed") }

  /// A change notification by its method.
  public func changed(_ method: String) -> [UInt8] { OutgoingMessage.notification(method, [("_meta", meta)]) }

  /// The last event of a subscription that ends well.
  public func end() -> [UInt8] {
    OutgoingMessage.response(
      to: id, .object(["resultType": JSONText(ResultType.complete.rawValue), "_meta": meta]))
  }
}
