/// Access rules, answered by the policy service. For owners and admins.
public enum RuleEndpoints {
  public static let create = Endpoint<OnBehalf<RuleDraft>, Rule>(
    .policy, .post, "/internal/rules/create", callers: [.gateway])
  public static let list = Endpoint<OnBehalf<PageRequest>, Page<Rule>>(
    .policy, .post, "/internal/rules/list", callers: [.gateway])
  public static let show = Endpoint<OnBehalf<Reference<RuleKind>>, Rule>(
    .policy, .post, "/internal/rules/show", callers: [.gateway])
  public static let replace = Endpoint<OnBehalf<Targeted<RuleKind, RuleDraft>>, Rule>(
    .policy, .post, "/internal/rules/replace", callers: [.gateway])
  public static let delete = Endpoint<OnBehalf<Reference<RuleKind>>, Empty>(
    .policy, .post, "/internal/rules/delete", callers: [.gateway])
  /// What a change of rules would mean. Changes nothing.
  public static let preview = Endpoint<OnBehalf<RulePreviewRequest>, RulePreview>(
    .policy, .post, "/internal/rules/preview", callers: [.gateway], timeoutSeconds: 30)
}
