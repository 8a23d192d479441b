/** Why an address cannot be listened on, for the person who chose it. */
import { Failure, messageOf } from './failure.ts';

/** A Failure that names address and port and says what to do; what is no such error comes back as it is. */
export function describeListenError(error: unknown, host: string, port: number): unknown {
  switch ((error as NodeJS.ErrnoException | undefined)?.code) {
    case 'EADDRINUSE':
      return new Failure(
        `Port ${port} on ${host} is in use by another program. Stop that one, or choose another port with --port (0 picks a free one).`,
      );
    case 'EACCES':
      return new Failure(`Port ${port} on ${host} is for administrators only. Choose one from 1024 up with --port.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new Failure(`${host} is no address of this machine. Give another one with --host. (${messageOf(error)})`);
    default:
      return error;
  }
}
