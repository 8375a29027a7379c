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
 */
export type OAuthErrorCode =
  | "invalid_request" | "user_cancelled" | "access_denied" | "popup_blocked" | "flow_expired" | "insufficient_scope"
  | "connection_not_found" | "reauthorization_required" | "integration_not_found" | "permission_denied"
  | "not_registered" | "application_blocked" | "policy_denied" | "provider_unavailable" | "unavailable"
  | "rate_limited" | "unauthenticated" | "bridge_unavailable" | (string & {});

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

/** What an app finds as `window.charmiq` before its first script runs. */
export interface Charmiq {
  readonly oauth: CharmiqOAuth;
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
