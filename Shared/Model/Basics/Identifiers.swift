/// The kinds of thing that carry an identifier.
public enum OrganizationKind: IdentifiedKind { public static let prefix = "org" }
public enum UserKind: IdentifiedKind { public static let prefix = "usr" }
public enum IntegrationKind: IdentifiedKind { public static let prefix = "int" }
public enum MCPServerKind: IdentifiedKind { public static let prefix = "mcp" }
public enum ConnectionKind: IdentifiedKind { public static let prefix = "con" }
public enum FlowKind: IdentifiedKind { public static let prefix = "flw" }
public enum GrantKind: IdentifiedKind { public static let prefix = "grt" }
public enum APIKeyKind: IdentifiedKind { public static let prefix = "key" }
public enum SessionKind: IdentifiedKind { public static let prefix = "ses" }
public enum RevocationKind: IdentifiedKind { public static let prefix = "rev" }
public enum SecretRecordKind: IdentifiedKind { public static let prefix = "sec" }
public enum AuditEventKind: IdentifiedKind { public static let prefix = "evt" }
public enum IdempotencyClaimKind: IdentifiedKind { public static let prefix = "clm" }

public typealias OrganizationID = Identifier<OrganizationKind>
public typealias UserID = Identifier<UserKind>
public typealias IntegrationID = Identifier<IntegrationKind>
public typealias MCPServerID = Identifier<MCPServerKind>
public typealias ConnectionID = Identifier<ConnectionKind>
public typealias FlowID = Identifier<FlowKind>
public typealias GrantID = Identifier<GrantKind>
public typealias APIKeyID = Identifier<APIKeyKind>
public typealias SessionID = Identifier<SessionKind>
public typealias RevocationID = Identifier<RevocationKind>
public typealias SecretRecordID = Identifier<SecretRecordKind>
public typealias AuditEventID = Identifier<AuditEventKind>
public typealias IdempotencyClaimID = Identifier<IdempotencyClaimKind>
