/** Where the gateway says what went wrong inside. */

/** The part of a logger that the gateway uses; pino has it. Contents, tokens and cookies are never handed to it. */
export interface GatewayLog {
  error(fields: object, message: string): void;
}
