/**
 * The simulator: a real HTTP server that speaks as llama-server and as Ollama do, with made-up answers. It is what the stack runs on when
 * there is no model server, and what tests run against. Deterministic by seed in what it says, by the clock in when.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Refusal } from './replies.ts';
import type { LoggedRequest } from './request-log.ts';
import { dialectOf, route } from './routes.ts';
import { DEFAULT_OPTIONS, readOptions, type SettingsChange, type SimulatorOptions } from './settings.ts';
import { Simulation } from './simulation.ts';

export interface Simulator {
  /** Base address without a path. */
  readonly url: string;
  readonly port: number;
  /** What it was asked so far, oldest first; the same as `GET /simulator/requests`. */
  requests(): readonly LoggedRequest[];
  /** Changes settings; the same as `POST /simulator/settings`. */
  change(settings: SettingsChange): void;
  /** Cancels everything and closes every connection. */
  close(): Promise<void>;
}

const LARGEST_BODY_BYTES = 16 * 1024 * 1024;

/**
 * Starts a simulator; it listens when the promise resolves.
 * @throws ShapeError names the option that is wrong
 * @throws Error the port is in use, or the host is not an address of this machine
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulation = new Simulation(readOptions(options));
  const server = createServer((request, response) => void answer(simulation, request, response));
  const { host = DEFAULT_OPTIONS.host, port: wanted = DEFAULT_OPTIONS.port } = options;
  await listen(server, wanted, host);
  const { port } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    requests: () => simulation.log.entries,
    change: (settings) => simulation.change(settings),
    close: () => {
      closed ??= close(simulation, server);
      return closed;
    },
  };
}

async function answer(simulation: Simulation, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.sendDate = false;
  try {
    await route(simulation, request, response, await readRequest(request));
  } catch (error) {
    const { refuse } = dialectOf(request);
    if (error instanceof Refusal) refuse(response, error);
    else if (request.complete && !response.headersSent)
      refuse(response, new Refusal(500, 'server_error', String(error)));
    else response.destroy();
  }
}

/** @throws Refusal too large */
async function readRequest(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += piece.length;
    if (bytes > LARGEST_BODY_BYTES) throw new Refusal(413, 'invalid_request_error', 'The request body is too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(simulation: Simulation, server: Server): Promise<void> {
  simulation.cancelAll();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
