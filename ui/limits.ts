/** What the gateway allows at most. One place, so that tests can make a limit small and operators can read them. */

export interface GatewayLimits {
  /** Milliseconds that `POST /chat/:agent` waits for the answer before it says 202. */
  waitMs: number;
  /** Event streams that are open at a time. */
  streams: number;
  /** Milliseconds between two heartbeat comments of an event stream; a reader stuck for two of them is dropped. */
  heartbeatMs: number;
  /** Bytes of a request body: a million characters, each escaped as `\uXXXX`, and some room. */
  bodyBytes: number;
  /** Milliseconds a client has to send its whole request. */
  requestMs: number;
  /** Milliseconds that clients have to take what is left when the gateway closes. */
  closeMs: number;
}

export const DEFAULT_LIMITS: GatewayLimits = {
  waitMs: 60_000,
  streams: 1000,
  heartbeatMs: 15_000,
  bodyBytes: 8 * 1024 * 1024,
  requestMs: 60_000,
  closeMs: 500,
};
