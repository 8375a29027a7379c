import Model
import PostgreSQL

extension ConnectionReach {
  /// The reach as a condition on the table `connection` with the alias `c`. The organization is always part of it.
  var condition: SQL {
    var sql: SQL = "c.organization_id = \(organization.rawValue)"
    if let user { sql.append(" AND c.user_id = \(user.rawValue)") }
    if let scope {
      sql.append(
        """
         AND c.application_type = \(scope.applicationType.rawValue) AND c.application_id = \(scope.applicationId)
         AND c.app_id = \(scope.appId)
        """)
    }
    if let integrations { sql.append(" AND c.integration_id = ANY(\(integrations.map(\.rawValue)))") }
    return sql
  }
}
