/// Where the database is, who connects, and the limits of one client.
public struct PostgresConfiguration: Sendable {
  /// How the server is reached.
  public enum Address: Hashable, Sendable {
    case tcp(host: String, port: Int)
    /// The directory that holds the socket; the port is part of the socket's file name.
    case unixSocket(directory: String, port: Int)
  }

  /// Encryption on TCP. There is nothing between none and a verified server: an unverified one protects from nobody
  /// who can stand in between.
  public enum TLS: Hashable, Sendable {
    case disable
    /// The server's certificate must be signed by this CA and name the host.
    case verifyFull(caFile: String)
  }

  public var address: Address
  public var database: String
  public var user: String
  public var password: PostgresPassword?
  public var tls: TLS

  /// Shown in `pg_stat_activity`.
  public var applicationName = "lanyard"
  /// Connections that carry pipelined reads. One is fastest for short reads; another helps only where some are slow.
  public var readConnections = 1
  /// Connections that carry pipelined writes. Commits on different connections share a disk flush.
  public var writeConnections = 2
  /// Connections for transactions, each with its own thread.
  public var transactionConnections = 3
  public var limits = Limits()

  public init(
    address: Address, database: String, user: String, password: PostgresPassword? = nil, tls: TLS = .disable
  ) {
    self.address = address
    self.database = database
    self.user = user
    self.password = password
    self.tls = tls
  }

  /// Bounds in time and number. The defaults suit a service whose statements take milliseconds.
  public struct Limits: Hashable, Sendable {
    /// The server stops a statement after this. Longer work belongs into a job of small steps.
    public var statement: Duration = .seconds(5)
    /// Establishing one connection, with TLS and authentication.
    public var connect: Duration = .seconds(5)
    /// How long a statement may wait to be sent, also while the server is away; in a transaction, its first one.
    public var queue: Duration = .seconds(10)
    /// How long a transaction may wait for a connection.
    public var transactionWait: Duration = .seconds(5)
    /// The server ends a transaction that does nothing for this long: its locks hold up others.
    public var idleInTransaction: Duration = .seconds(30)
    /// How much longer than ``statement`` a silent connection is believed to be alive.
    public var silence: Duration = .seconds(3)
    /// How long a stopping client works off what is queued.
    public var drain: Duration = .seconds(5)
    /// The listening connection asks for a sign of life this often, since a dead peer sends no error.
    public var heartbeat: Duration = .seconds(15)
    /// Statements waiting per connection: more waiting would only make every one of them late.
    public var maximumQueue = 10_000
    /// Reads sent together. A larger batch saves little more and delays the first answer.
    public var readBatch = 64
    /// Writes on their way per connection. More in flight lengthen the slowest answers without more throughput.
    public var writesInFlight = 16
    /// Prepared statements kept per connection; each costs memory in the server.
    public var preparedStatements = 256
    /// Notifications held for a subscriber that does not keep up; then it is told that it missed some.
    public var notificationBuffer = 4_096
    /// The wait before connecting again doubles from the first to the last of these, with jitter.
    public var reconnectFirst: Duration = .milliseconds(20)
    public var reconnectLast: Duration = .seconds(2)

    public init() {}
  }
}
