/** The command: `npx tsx run.ts`. See `--help`. */
import { main } from './stack/main.ts';

process.exit(await main(process.argv.slice(2)));
