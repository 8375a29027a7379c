-- Calls of tools by the Connection whose token went with them: what a member sees as the uses of their account.
CREATE INDEX audit_entry_of_connection_call ON audit_entry (organization_id, (details ->> 'connectionId'), seq)
  WHERE action = 'mcp-server.tool.called' AND details ->> 'connectionId' IS NOT NULL;
