-- The gateway tells of a tool call again when the answer to its first telling was lost: the call's own id keeps it from being recorded
-- twice. Only these entries are told from outside, so only they are in the index.
CREATE UNIQUE INDEX audit_entry_of_tool_call ON audit_entry (organization_id, id) WHERE action = 'mcp-server.tool.called';
