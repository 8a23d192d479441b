/** What a llama-server of ours is started with, found and checked, and a fingerprint by which the next stack knows it again. */
import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import type { PlannedBackend } from '../plan.ts';
import { refuseReserved, serverArguments } from './arguments.ts';
import { changesServer, serverEnvironment } from './environment.ts';
import { checkModelFile, findBinary } from './find.ts';

export interface LlamaServerCommand {
  /** Unique in the stack; the PID file has it. */
  id: string;
  /** Name of the backend that it is. */
  backend: string;
  /** Path of the program. */
  binary: string;
  modelFile: string;
  /** Everything but the address. */
  arguments: string[];
  environment: Record<string, string>;
  /** Port to begin with. */
  port: number;
  /** Changes with the program, the model file, the arguments and the environment; not with the port. */
  fingerprint: string;
}

/** The llama-servers that a stack starts. @throws Failure when one of them cannot be started, as far as can be seen now */
export function llamaServerCommands(
  backends: readonly PlannedBackend[],
  environment = process.env,
): LlamaServerCommand[] {
  const ours = backends.flatMap(({ name, llamaServer }) => (llamaServer === undefined ? [] : [{ name, llamaServer }]));
  return ours.map(({ name, llamaServer }) => {
    refuseReserved(llamaServer.arguments);
    checkModelFile(llamaServer.modelFile);
    const command = {
      modelFile: llamaServer.modelFile,
      binary: findBinary(llamaServer.binary, environment.PATH),
      arguments: serverArguments(llamaServer),
      environment: serverEnvironment(environment),
    };
    const id = ours.length === 1 ? 'llama-server' : `llama-server-${name}`;
    const fingerprint = fingerprintOf(command);
    return { ...command, id, backend: name, port: llamaServer.port, fingerprint };
  });
}

type Started = Pick<LlamaServerCommand, 'binary' | 'modelFile' | 'arguments' | 'environment'>;

function fingerprintOf(command: Started): string {
  const environment = Object.entries(command.environment)
    .filter(([name]) => changesServer(name))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const files = [command.binary, command.modelFile].map((file) => {
    const { size, mtimeMs } = statSync(file);
    return [realpathSync(file), size, mtimeMs];
  });
  return createHash('sha256')
    .update(JSON.stringify([files, command.arguments, environment]))
    .digest('hex')
    .slice(0, 32);
}
