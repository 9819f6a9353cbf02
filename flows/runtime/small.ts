// flows/runtime: imported first: this process is to be small, not fast. Worth 7 MB and no time here.
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--max-semi-space-size=1');
setFlagsFromString('--optimize-for-size');
