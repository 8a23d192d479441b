/** What every route group is handed: the supervisor it speaks to and the gateway's own parts. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Supervisor } from '../supervisor/service.ts';
import type { PageAssets } from './assets.ts';
import type { Credentials } from './credentials.ts';
import type { GatewayLimits } from './limits.ts';
import type { EventStreams } from './sse.ts';
import type { Waits } from './waits.ts';

export interface Door {
  supervisor: Supervisor;
  streams: EventStreams;
  waits: Waits;
  credentials: Credentials;
  limits: GatewayLimits;
  page: Promise<PageAssets>;
}

/** A fastify server whose routes are typed by their zod schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse<IncomingMessage>,
  FastifyBaseLogger,
  ZodTypeProvider
>;
