/// Connections, answered by the vault under a grant (header `Lanyard-Grant`).
public enum ConnectionEndpoints {
  /// ``Grant/Purpose/release``. Waits while another caller refreshes.
  public static let resolve = Endpoint<ResolveConnection, ResolvedConnection>(
    .vault, .post, "/internal/connections/resolve", callers: [.gateway], timeoutSeconds: 35)
  /// ``Grant/Purpose/list`` or ``Grant/Purpose/administer``. Revoked ones are left out unless asked for by status.
  public static let list = Endpoint<ListConnections, Page<Connection>>(
    .vault, .post, "/internal/connections/list", callers: [.gateway])
  /// ``Grant/Purpose/list`` or ``Grant/Purpose/administer``.
  public static let show = Endpoint<Reference<ConnectionKind>, Connection>(
    .vault, .post, "/internal/connections/show", callers: [.gateway])
  /// ``Grant/Purpose/manage``.
  public static let change = Endpoint<Targeted<ConnectionKind, ConnectionChange>, Connection>(
    .vault, .post, "/internal/connections/change", callers: [.gateway])
  /// ``Grant/Purpose/revoke`` or ``Grant/Purpose/administer``. Idempotent: the same job for the same Connection.
  public static let revoke = Endpoint<Reference<ConnectionKind>, StartedRevocation>(
    .vault, .post, "/internal/connections/revoke", callers: [.gateway])
  /// The last uses of a Connection, newest first, from the audit rows. ``Grant/Purpose/list`` or ``Grant/Purpose/administer``.
  public static let uses = Endpoint<Targeted<ConnectionKind, PageRequest>, Page<ConnectionUse>>(
    .vault, .post, "/internal/connections/uses", callers: [.gateway])
}
