/**
 * Declarations of both sides of the bridge: what an app sees as `window.charmiq`, and what a host page imports from
 * `/bridge/host.js`.
 */

// The app's side -------------------------------------------------------------------------------------------------------

/** What an app declares of itself. The platform's own record of the app goes before it wherever a person sees it. */
export interface OAuthAppRegistration {
  /** Unique, in reverse-domain form (`com.example.inbox`). Connections of different `appId`s are separate. */
  appId: string;
  /** Shown at consent. */
  name: string;
  description?: string;
  /** An http or https URL. */
  icon?: string;
  /** An http or https URL. */
  homepage?: string;
}

/** Exactly one of the two. */
export type OAuthSelector =
  | {
      /** The authorization server's base URL; a trailing slash, letter case of the host and a default port do not matter. */
      providerUrl: string;
      integrationId?: undefined;
    }
  | {
      /** One Integration of the organization. */
      integrationId: string;
      providerUrl?: undefined;
    };

export type OAuthGetValidAuthConfig = OAuthSelector & {
  /** What the token must be good for, in the provider's names. Absent: what the Integration asks for by default. */
  scopes?: string[];
  /**
   * `auto` (the default) takes the account that was chosen in this session, the only one or the default one, and asks
   * otherwise. `select_account` always asks.
   */
  prompt?: "auto" | "select_account";
  /** The `id` of one of this app's own Connections: no person is asked, and what cannot be had so rejects. */
  connectionKey?: string;
};

/** One connected account, without its token. */
export interface OAuthAuthDescriptor {
  /** The Connection's id; the only thing here that is worth keeping. */
  readonly id: string;
  readonly providerUrl: string;
  /** The provider's stable id of the account. */
  readonly providerAccountId: string;
  /** The scopes that were granted. */
  readonly scopes: readonly string[];
  /** When the token ends, in Unix milliseconds. Absent: never. */
  readonly expiresAt?: number;
  /** E-mail address, else user name, else account id. */
  readonly displayIdentifier: string;
  readonly displayName?: string;
  readonly displayAvatar?: string;
  /** The account that the person prefers for this Integration. */
  readonly default?: boolean;
}

/** One connected account with a token that is valid now. Keep it in memory only, and not for long. */
export interface OAuthAuth extends OAuthAuthDescriptor {
  readonly accessToken: string;
}

/**
 * Why a promise rejected.
 *
 * | code | what happened |
 * |---|---|
 * | `invalid_request` | an argument is wrong; the message names the field |
 * | `user_cancelled` | the person closed the dialog, the picker or the window |
 * | `access_denied` | the person or the provider refused, or another account was used than the one asked for |
 * | `popup_blocked` | the browser blocked the provider's window, and the person did not open it otherwise |
 * | `flow_expired` | the person took too long |
 * | `insufficient_scope` | the Connection does not cover the scopes |
 * | `connection_not_found` | no such Connection of this app |
 * | `reauthorization_required` | the provider no longer accepts the Connection; ask without `connectionKey` |
 * | `integration_not_found` | an administrator has to set the provider up first |
 * | `permission_denied` | the app's manifest does not request the right to this method |
 * | `not_registered` | `register` has to be called first (only where the host is strict) |
 * | `application_blocked`, `policy_denied` | the organization does not allow it |
 * | `provider_unavailable`, `unavailable` | a server could not be reached; try again later |
 * | `rate_limited` | too much at once; try again later |
 * | `unauthenticated` | the host page has no valid session of the person |
 * | `bridge_unavailable` | no platform around this page, or the document was replaced |
 * | `not_connected`, `not_found`, `aborted` | see `CharmiqMcp` |
 */
export type OAuthErrorCode =
  | "invalid_request" | "user_cancelled" | "access_denied" | "popup_blocked" | "flow_expired" | "insufficient_scope"
  | "connection_not_found" | "reauthorization_required" | "integration_not_found" | "permission_denied"
  | "not_registered" | "application_blocked" | "policy_denied" | "provider_unavailable" | "unavailable"
  | "rate_limited" | "unauthenticated" | "bridge_unavailable" | "not_connected" | "not_found" | "aborted" | (string & {});

/** What every method rejects with. */
export interface OAuthError extends Error {
  readonly code: OAuthErrorCode;
}

/** `window.charmiq.oauth`. Every method returns a promise that always settles. */
export interface CharmiqOAuth {
  /** Says who the app is. Optional unless the host is strict; remembered until the document is replaced. */
  register(registration: OAuthAppRegistration): Promise<void>;
  /** A token that is valid now. Asks the person only where it must: call it when the app needs it, from a click. */
  getValidAuth(config: OAuthGetValidAuthConfig): Promise<OAuthAuth>;
  /** A new token for the same Connection, for when the provider refused the last one ahead of its time. */
  refreshAuth(auth: Pick<OAuthAuthDescriptor, "id">): Promise<OAuthAuth>;
  /** This app's accounts of the current person. Never asks anybody, and makes no token. */
  listAuth(config: OAuthSelector): Promise<OAuthAuthDescriptor[]>;
  /** Ends the Connection, here at once and at the provider soon after. Ending it twice is no error. */
  revokeAuth(auth: Pick<OAuthAuthDescriptor, "id">): Promise<void>;
}

/** An MCP server as an app sees it: never its address, its authentication or a token. */
export interface McpServerDescriptor {
  /** For `connect`, as `mcpServerId`. */
  readonly id: string;
  readonly name: string;
  /** The tools that may be used. Absent: all that the server has. */
  readonly allowedTools?: readonly string[];
  /** A server of the platform itself: it needs no `connect`; its name stands in the place of a connection's. */
  readonly isPlatform?: true;
}

/** What `connect` takes: a server of the organization, or one that the app names itself, for development. */
export type McpServerConfig =
  | {
      /** The organization has set up everything else. */
      mcpServerId: string;
      url?: undefined;
      transport?: undefined;
      auth?: undefined;
    }
  | {
      /** Only on platforms that allow it. */
      url: string;
      /** `direct` (the default): from the platform's page. `proxy`: through the server side, for servers that no browser can call. */
      transport?: "direct" | "proxy";
      auth: McpServerAuth;
      mcpServerId?: undefined;
    };

/** How an explicit server is called. An app cannot supply a token or a header. */
export type McpServerAuth =
  | { type: "none" }
  /** The person's own session, for MCP servers at the gateway's own address. */
  | { type: "platform" }
  /** The person's account; `app` is accepted and ignored. */
  | { type: "oauth"; integrationId: string; scopes: string[]; app?: unknown }
  | { type: "oauth"; providerUrl: string; scopes?: string[]; app?: unknown };

/** What a server says about itself. */
export interface McpServerInfo {
  readonly name: string;
  readonly version: string;
}

export interface McpTool {
  readonly name: string;
  readonly description?: string;
  /** A JSON Schema. */
  readonly inputSchema?: Readonly<Record<string, unknown>>;
}

/** What a tool answered. */
export interface McpToolResult {
  readonly content: readonly { readonly type: string; readonly text?: string; readonly [member: string]: unknown }[];
  readonly structuredContent?: Readonly<Record<string, unknown>>;
  /** The tool failed; `content` explains. */
  readonly isError?: boolean;
}

/**
 * `window.charmiq.mcp`. Every method returns a promise that always settles, and rejects with an `OAuthError`.
 *
 * Besides the codes of `OAuthErrorCode`: `not_connected` (no server is connected under this name), `not_found` (the organization has
 * no such server), `aborted` (the app gave the call up).
 */
export interface CharmiqMcp {
  /** The platform's servers, then those that the organization lets this app use. */
  listServers(): Promise<McpServerDescriptor[]>;
  /**
   * Connects a server under a name of the app's choice, for as long as the document lives. Asks the person where an account is
   * needed: call it from a click. The same name again takes the place of the first.
   */
  connect(connectionName: string, config: McpServerConfig): Promise<McpServerInfo>;
  /** Ends the connection and what is under way there. Ending it twice is no error. */
  disconnect(connectionName: string): Promise<void>;
  listTools(connectionName: string): Promise<McpTool[]>;
  /** Resolves also where the tool fails (`isError`); rejects where it is not allowed, or could not be called. */
  callTool(
    connectionName: string, toolName: string, args?: Record<string, unknown>, options?: { signal?: AbortSignal },
  ): Promise<McpToolResult>;
}

/** What an app finds as `window.charmiq` before its first script runs. */
export interface Charmiq {
  readonly oauth: CharmiqOAuth;
  readonly mcp: CharmiqMcp;
}

declare global {
  interface Window {
    /** Absent where the page runs outside a platform. */
    readonly charmiq?: Charmiq;
  }
}

// The host page's side -------------------------------------------------------------------------------------------------

export type BridgeScheme = "auto" | "light" | "dark";

export interface BridgeOptions {
  /**
   * The member's session token (`POST /v1/sessions`), or a function that brings one; it is asked again when the gateway
   * no longer takes the last one.
   */
  session: string | (() => string | Promise<string>);
  /** The host's own dialog instead of the bridge's. */
  onConsent?(request: ConsentRequest): void;
  /** `auto` by default: what the person's system says. `accent` is any CSS colour. */
  theme?: BridgeScheme | { scheme?: BridgeScheme; accent?: string };
  /** Where the gateway is, if not where this module came from. */
  gatewayUrl?: string;
  /** The nonce of this page's Content-Security-Policy; `srcdoc` documents inherit that policy. */
  nonce?: string;
  /** Whether apps must call `register` first. */
  strict?: boolean;
  /** Servers of the platform itself: functions of this page that apps call like an MCP server. */
  platformServers?: PlatformServer[];
  /** Whether apps may name MCP servers themselves. For development: no ceiling of the organization holds there. */
  explicitServers?: boolean;
}

/** For whom a platform's server works. */
export interface PlatformCallContext {
  readonly applicationId: string;
  /** What the app declared. */
  readonly appId?: string;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export interface PlatformServer {
  /** Unlike every other id and name; not beginning with `mcp_`. */
  id: string;
  name: string;
  version?: string;
  /** A ceiling on its tools, for listing and calling alike. Absent: all. */
  allowedTools?: string[];
  listTools(context: PlatformCallContext): McpTool[] | Promise<McpTool[]>;
  /** What it throws reaches the app as `unavailable` without its text; a tool that fails answers with `isError`. */
  callTool(
    toolName: string, args: Record<string, unknown>, context: PlatformCallContext,
  ): McpToolResult | Promise<McpToolResult>;
}

/** Who an Application is. Only the host page says so; nothing that the app sends can change it. */
export interface ApplicationIdentity {
  /** The platform's own id of the Application. */
  applicationId: string;
  name?: string;
  description?: string;
  icon?: string;
  homepage?: string;
  /**
   * The rights in the Application's manifest. Where given, `getValidAuth` and `refreshAuth` need `oauth.token`, `listAuth` and
   * `revokeAuth` need `oauth.manage`. Absent: all are allowed.
   */
  requestedScopes?: string[];
}

export interface Bridge {
  /** Takes an iframe on. It must be sandboxed without `allow-same-origin`; `allow-scripts` is all that an app needs. */
  attach(iframe: HTMLIFrameElement, identity: ApplicationIdentity): AttachedFrame;
  /** A `srcdoc` with the app's side inlined, for one load of any attached iframe. */
  document(html: string): string;
  /** Detaches every frame. What they wait for rejects with `bridge_unavailable`. */
  close(): void;
  /** What is held right now. For tests and bug reports: everything but the first rows is 0 while nobody is asked. */
  diagnostics(): BridgeDiagnostics;
}

export interface AttachedFrame {
  /** A `srcdoc` for one load of this iframe. */
  document(html: string): string;
  /** Loads the app, in place of what was there. */
  load(html: string): void;
  /** Lets the iframe go. Call it before the iframe is taken out of the page. */
  detach(): void;
  /**
   * The app's document has gone without the host's doing: it reloaded itself, went elsewhere or was taken out of the page. It
   * has no bridge any more; `load` gives it a new one.
   */
  onVoid?: (reason: "reloaded" | "removed") => void;
}

export interface BridgeDiagnostics {
  readonly frames: number;
  readonly connectedFrames: number;
  readonly ports: number;
  readonly listeners: number;
  readonly unusedNonces: number;
  readonly rememberedChoices: number;
  readonly mcpServers: number;
  readonly pendingCalls: number;
  readonly sharedCalls: number;
  readonly timers: number;
  readonly requests: number;
  readonly dialogs: number;
  readonly popups: number;
}

/**
 * - `choose`: several accounts: `choose(id)` or `connectAnother()`
 * - `ask`: who asks for what: `open()` in a click
 * - `waiting`: the provider's window is open: `open()` brings it to the front
 * - `closed`: the window looks closed, which proves nothing where the provider hides it: `open()` opens it again
 * - `blocked`: the browser blocked the window: show `url` as a link with `target="_blank"`; in its click call
 *   `open()` again, which hands the person over, and where that fails let the link do its work and call `followed()`
 * - `working`: nothing to press but "Cancel"
 */
export type ConsentStep = "choose" | "ask" | "waiting" | "closed" | "blocked" | "working";

/** One conversation with a person. The object stays the same; read it again whenever `onchange` is called. */
export interface ConsentRequest {
  readonly step: ConsentStep;
  readonly application: {
    readonly id: string;
    readonly appId?: string;
    readonly name?: string;
    readonly description?: string;
    readonly icon?: string;
    readonly homepage?: string;
  };
  /** The organization's name for the MCP server that the account is for. */
  readonly serverName?: string;
  readonly consent?: ConsentFacts;
  /** The accounts to choose from, at `choose`. */
  readonly accounts?: readonly OAuthAuthDescriptor[];
  /** The connect page that `open()` opens. */
  readonly url?: string;
  /** When the flow ends by itself, RFC 3339. */
  readonly expiresAt?: string;
  /** Aborts when the conversation is over: take the dialog away. */
  readonly signal: AbortSignal;
  /** Set it to hear of every next step. */
  onchange?: () => void;
  /** Opens the provider's window. Call it in the click itself, before anything is awaited. False: the browser blocked it. */
  open(): boolean;
  followed(): void;
  choose(connectionId: string): void;
  connectAnother(): void;
  cancel(): void;
}

/** What the gateway says about a flow, for people. */
export interface ConsentFacts {
  readonly organizationName: string;
  readonly integrationName: string;
  /** Who is connecting. */
  readonly userDisplay: string;
  readonly provider: { readonly id: string; readonly name: string; readonly url: string };
  /** The account that is authorized again. */
  readonly account?: string;
  readonly scopes: readonly { readonly scope: string; readonly description?: string; readonly sensitive: boolean }[];
}

export declare function mountBridge(options: BridgeOptions): Bridge;
