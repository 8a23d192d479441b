/**
 * The HTTP gateway: the only door to fastify. It checks who asks and what for, hands over to the supervisor, and says what came of it.
 * Closing it ends every stream and every wait at once; runs go on.
 */
import helmet from '@fastify/helmet';
import fastify, { type FastifyInstance } from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Supervisor } from '../supervisor/service.ts';
import { buildPage, type PageAssets } from './assets.ts';
import { registerClosing } from './closing.ts';
import { Credentials } from './credentials.ts';
import type { App, Door } from './door.ts';
import { clientError, frameworkError, registerErrors } from './errors.ts';
import { DEFAULT_LIMITS, type GatewayLimits } from './limits.ts';
import type { GatewayLog } from './log.ts';
import { registerAgents } from './routes/agents.ts';
import { registerApprovals } from './routes/approvals.ts';
import { registerBenchmarks } from './routes/benchmarks.ts';
import { registerChat } from './routes/chat.ts';
import { registerEvents } from './routes/events.ts';
import { registerHealth } from './routes/health.ts';
import { registerMetrics } from './routes/metrics.ts';
import { registerOpenAi } from './routes/openai.ts';
import { registerPage } from './routes/page.ts';
import { registerPolicies } from './routes/policies.ts';
import { registerRuns } from './routes/runs.ts';
import { registerSession } from './routes/session.ts';
import { registerSwarms } from './routes/swarms.ts';
import { EventStreams } from './sse.ts';
import { registerTrust, type TrustSettings } from './trust.ts';
import { Waits } from './waits.ts';

interface GatewaySettings extends TrustSettings {
  /** Secret of the data folder; not empty. */
  token: string;
}

export interface GatewayOptions {
  supervisor: Supervisor;
  settings: GatewaySettings;
  log: GatewayLog;
  limits?: Partial<GatewayLimits>;
  /** The page; default: built now, while the gateway already answers. */
  page?: Promise<PageAssets>;
}

const CONTENT_SECURITY = {
  useDefaults: false,
  directives: {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'"],
    'img-src': ["'self'"],
    'connect-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
  },
};

/** A gateway that is ready to `listen`. `close()` it when done. @throws Error when the token is empty */
export async function createGateway(options: GatewayOptions): Promise<FastifyInstance> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const credentials = new Credentials(options.settings.token);
  const app = createServer(limits);
  const door: Door = {
    supervisor: options.supervisor,
    streams: new EventStreams(limits, options.log),
    waits: new Waits(),
    credentials,
    limits,
    page: options.page ?? buildPage(),
  };
  // Whoever asks for the page is told; without a listener here the process would end.
  door.page.catch((error: unknown) => options.log.error({ err: error }, 'the page could not be built'));
  registerClosing(app, door);
  registerErrors(app, options.log);
  await app.register(helmet, {
    contentSecurityPolicy: CONTENT_SECURITY,
    strictTransportSecurity: false,
    frameguard: { action: 'deny' },
  });
  registerTrust(app, options.settings, credentials);
  registerRoutes(app, door);
  await app.ready();
  return app as unknown as FastifyInstance;
}

function createServer(limits: GatewayLimits): App {
  const app = fastify({
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    exposeHeadRoutes: false,
    // Its reply would not be one of ours.
    return503OnClosing: false,
    frameworkErrors: frameworkError,
    clientErrorHandler: clientError,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.removeContentTypeParser('text/plain');
  return app;
}

function registerRoutes(app: App, door: Door): void {
  // A default, so that a route may say otherwise.
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('cache-control', 'no-store');
    done();
  });
  const groups = [
    registerChat,
    registerRuns,
    registerEvents,
    registerApprovals,
    registerAgents,
    registerPolicies,
    registerSwarms,
    registerBenchmarks,
    registerOpenAi,
    registerSession,
    registerHealth,
    registerMetrics,
    registerPage,
  ];
  for (const register of groups) register(app, door);
}
